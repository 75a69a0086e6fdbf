"""The registered kinds of steps."""

from collections.abc import Iterable, Mapping

from fabula.features.generation.pipelines.results import read_result
from fabula.plugins import Json, StepContext, StepKind, StepResult, StepType

# What a step is when its definition does not say; no tool is built in.
DEFAULT_USE = {
    StepType.PRE: "set",
    StepType.RAG: "recall",
    StepType.LLM: "answer",
    StepType.POST: "trim",
}


class _Checked:
    """A kind as it was when it was registered; what it makes is what the contract says, or a fault of its step."""

    def __init__(self, kind: StepKind) -> None:
        self.name, self.type, self.title = kind.name, kind.type, kind.title
        self.seconds, self.params, self.check = kind.seconds, kind.params, kind.check
        self._run = kind.run

    async def run(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        return read_result(await self._run(context, params))


class StepKinds:
    """Found by type and name. A later one of the same name takes the place of an earlier one."""

    def __init__(self, kinds: Iterable[StepKind] = ()) -> None:
        self._kinds: dict[tuple[StepType, str], StepKind] = {}
        for kind in kinds:
            self.register(kind)

    def register(self, kind: StepKind) -> None:
        self._kinds[kind.type, kind.name] = _Checked(kind)

    def find(self, step_type: StepType, use: str) -> StepKind | None:
        return self._kinds.get((step_type, use))

    def all(self) -> list[StepKind]:
        """In the order of the phases, then as registered."""
        return sorted(self._kinds.values(), key=lambda kind: list(StepType).index(kind.type))
