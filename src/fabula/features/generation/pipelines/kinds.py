"""The registered kinds of steps."""

from collections.abc import Iterable

from fabula.plugins import StepKind, StepType

# What a step is when its definition does not say; no tool is built in.
DEFAULT_USE = {
    StepType.PRE: "set",
    StepType.RAG: "recall",
    StepType.LLM: "answer",
    StepType.POST: "trim",
}


class StepKinds:
    """Found by type and name. A later one of the same name takes the place of an earlier one."""

    def __init__(self, kinds: Iterable[StepKind] = ()) -> None:
        self._kinds: dict[tuple[StepType, str], StepKind] = {}
        for kind in kinds:
            self.register(kind)

    def register(self, kind: StepKind) -> None:
        self._kinds[kind.type, kind.name] = kind

    def find(self, step_type: StepType, use: str) -> StepKind | None:
        return self._kinds.get((step_type, use))

    def all(self) -> list[StepKind]:
        """In the order of the phases, then as registered."""
        return sorted(self._kinds.values(), key=lambda kind: list(StepType).index(kind.type))
