"""What a running step is given: the host's side of `StepContext`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from fabula.features.generation.pipelines import liquid
from fabula.features.generation.pipelines.errors import StepMisused
from fabula.features.generation.sources import Stage
from fabula.features.prompting import TemplateContext
from fabula.plugins import ChatMessage, FoundMessage, Json, LeftMessage


class Asker(Protocol):
    async def __call__(
        self, messages: Sequence[ChatMessage], params: Mapping[str, Json], connection: str | None, model: str | None
    ) -> str: ...


@dataclass(slots=True)
class RunState:
    """What is known of a run so far. `stage` is let go before the answer streams, for it holds the history."""

    mode: str
    trigger: str
    message: str
    context: TemplateContext
    stage: Stage | None
    remembered: Mapping[str, Json]
    answer: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    steps: dict[str, Json] = field(default_factory=dict)

    def values(self) -> dict[str, Json]:
        """The names that Liquid sees, see `pipelines.liquid.NAMES`."""
        return {
            "mode": self.mode,
            "trigger": self.trigger,
            "message": self.message,
            "vars": {**self.context.variables.chat, **self.variables},
            "steps": self.steps,
            "answer": self.answer,
        }

    def let_go(self) -> None:
        """Drop the history."""
        self.stage = None
        self.context = replace(self.context, messages=())


class StepHost:
    """The `StepContext` of one step."""

    def __init__(self, state: RunState, step: str, ask: Asker) -> None:
        self._state = state
        self._step = step
        self._ask = ask

    @property
    def answer(self) -> str:
        return self._state.answer

    @property
    def message(self) -> str:
        return self._state.message

    @property
    def memory(self) -> Json:
        return self._state.remembered.get(self._step)

    @property
    def variables(self) -> Mapping[str, str]:
        return self._state.variables

    async def render(self, text: str, values: Mapping[str, Json] | None = None) -> str:
        seen = self._state.values() | dict(values or {})
        return await asyncio.to_thread(liquid.render, text, self._state.context, seen)

    async def holds(self, expression: str) -> bool:
        """Whether a condition is true now."""
        return await asyncio.to_thread(liquid.holds, expression, self._state.context, self._state.values())

    async def ask(
        self,
        messages: Sequence[ChatMessage],
        params: Mapping[str, Json],
        connection: str | None = None,
        model: str | None = None,
    ) -> str:
        return await self._ask(messages, params, connection, model)

    async def left(self, after: int, reserve: int) -> Sequence[LeftMessage]:
        return await self._stage().left(after, reserve)

    async def recall(self, query: str, limit: int) -> Sequence[FoundMessage]:
        return await self._stage().recall(query, limit)

    def _stage(self) -> Stage:
        if self._state.stage is None:
            raise StepMisused("the history is at hand only before the answer, for steps of type pre and rag")
        return self._state.stage
