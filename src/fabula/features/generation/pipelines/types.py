"""What a pipeline is: steps in phases, checked when saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from fabula.plugins import Json, StepType

PipelineId = NewType("PipelineId", str)

# The order of work: what a step may depend on lies in its own phase or an earlier one.
PHASES: Mapping[StepType, int] = {
    StepType.PRE: 0,
    StepType.RAG: 1,
    StepType.LLM: 2,
    StepType.POST: 3,
    StepType.TOOL: 3,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a definition. `use` names its kind; `when` is a Liquid expression, None for always."""

    name: str
    type: StepType
    use: str
    params: Mapping[str, Json]
    when: str | None = None
    required: bool = True
    enabled: bool = True
    depends_on: tuple[str, ...] = ()

    @property
    def phase(self) -> int:
        return PHASES[self.type]

    def to_json(self) -> dict[str, Json]:
        return {
            "name": self.name,
            "type": self.type.value,
            "use": self.use,
            "params": dict(self.params),
            "when": self.when,
            "required": self.required,
            "enabled": self.enabled,
            "dependsOn": list(self.depends_on),
        }


@dataclass(frozen=True, slots=True)
class Definition:
    """Steps as their author listed them; `order.in_order` says how they run."""

    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, Json]:
        return {"steps": [step.to_json() for step in self.steps]}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A stored pipeline; `definition` is its JSON with every default written out."""

    id: PipelineId
    name: str
    enabled: bool
    definition: Mapping[str, Json]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a definition: `path` as in `definition.steps[2].dependsOn[0]`; `line`, `column` from 1."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None
