"""Pipelines and their runs over HTTP."""

from typing import Annotated, Any, Literal

from pydantic import Field

from fabula.core.ids import BranchId, ChatId
from fabula.features.generation.pipelines import Pipeline
from fabula.features.generation.schemas import StepOut
from fabula.features.generation.types import Run, Trigger
from fabula.http.schemas import In, Instant, Out, Plain, Text
from fabula.plugins import StepKind, StepType

Name = Annotated[Text, Field(min_length=1, max_length=200)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class StepDefinitionOut(Out):
    name: str
    type: StepType
    use: str
    params: dict[str, Any]
    when: str | None
    required: bool
    enabled: bool
    depends_on: list[str]


class DefinitionOut(Out):
    steps: list[StepDefinitionOut]


class PipelineOut(Out):
    id: str
    name: str
    enabled: bool
    definition: DefinitionOut
    version: int
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, pipeline: Pipeline) -> "PipelineOut":
        return cls(
            id=pipeline.id,
            name=pipeline.name,
            enabled=pipeline.enabled,
            definition=DefinitionOut.model_validate(pipeline.definition),
            version=pipeline.version,
            created_at=pipeline.created_at,
            updated_at=pipeline.updated_at,
        )


class PipelineIn(In):
    """`definition` is {steps: [{name, type, use?, params?, when?, required?, enabled?, dependsOn?}]}."""

    name: Name
    enabled: bool = True
    definition: dict[Text, Plain]


class PipelinePutIn(PipelineIn):
    version: Version | None = None


class PipelineChangeIn(In):
    """What is left out stays; a definition is replaced whole."""

    name: Name | None = None
    enabled: bool | None = None
    definition: dict[Text, Plain] | None = None
    version: Version | None = None


class PipelineRunIn(In):
    chat_id: ChatId
    branch_id: BranchId | None = None


class PipelineRunOut(Out):
    """`generationId` leads to the answer and its trace."""

    id: str
    pipeline_id: str | None
    chat_id: ChatId | None
    generation_id: str | None
    trigger: Trigger
    status: Literal["running", "done", "aborted", "error", "interrupted"]
    error: str | None
    started_at: Instant
    finished_at: Instant | None
    steps: list[StepOut]

    @classmethod
    def of(cls, run: Run) -> "PipelineRunOut":
        return cls.model_construct(
            id=run.id,
            pipeline_id=run.pipeline_id,
            chat_id=run.chat_id,
            generation_id=run.generation_id,
            trigger=run.trigger,
            status=run.status,
            error=run.error,
            started_at=run.started_at,
            finished_at=run.finished_at,
            steps=[StepOut.of(step) for step in run.steps],
        )


class StepKindOut(Out):
    """`params` is a JSON Schema; a step without `use` is of the default kind of its type."""

    name: str
    type: StepType
    title: str
    is_default: bool
    params: dict[str, Any]

    @classmethod
    def of(cls, kind: StepKind, *, is_default: bool) -> "StepKindOut":
        return cls(name=kind.name, type=kind.type, title=kind.title, is_default=is_default, params=dict(kind.params))
