"""A scripted model and a scripted tool for tests: slow, cut, wrong, refusing or endless, step by step as the script says."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from fabula.plugins.contracts import (
    ChatBatch,
    ChatRequest,
    Json,
    ModelInfo,
    ParamProblem,
    StepContext,
    StepResult,
    StepType,
    TokenUsage,
)
from fabula.plugins.errors import ModelCut, ModelError


@dataclass(frozen=True, slots=True)
class Say:
    """A batch of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Think:
    """A batch of reasoning, as providers with a field of its own send it."""

    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Send nothing for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Send nothing until the test sets the gate."""

    gate: asyncio.Event


@dataclass(frozen=True, slots=True)
class Fail:
    """Raise an upstream fault."""

    error: ModelError


@dataclass(frozen=True, slots=True)
class Endless:
    """Send this for ever, a batch each turn of the loop."""

    text: str


@dataclass(frozen=True, slots=True)
class End:
    """Finish well."""

    reason: str = "stop"
    usage: TokenUsage | None = None


Step: TypeAlias = Say | Think | Wait | Hold | Fail | Endless | End
_DEFAULT: tuple[Step, ...] = (Say("Hello, "), Say("traveller."), End())


@dataclass
class ScriptedModel:
    """A `ChatModel` that plays one script per call, the last one again when they are used up.

    A script that ends without `End` is a cut connection. `requests` keeps what was asked.
    """

    scripts: list[Sequence[Step]] = field(default_factory=lambda: [_DEFAULT])
    requests: list[ChatRequest] = field(default_factory=list)
    open_streams: int = 0

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatBatch]:
        self.requests.append(request)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        self.open_streams += 1
        try:
            for step in script:
                async for batch in _play(step):
                    yield batch
                if isinstance(step, End):
                    return
            raise ModelCut("scripted")
        finally:
            self.open_streams -= 1

    async def list_models(self) -> tuple[ModelInfo, ...]:
        return (ModelInfo("scripted", "Scripted", 8192),)

    async def close(self) -> None:
        """Nothing to release."""


async def _play(step: Step) -> AsyncGenerator[ChatBatch]:
    match step:
        case Say(text):
            yield ChatBatch(content=text, deltas=1)
        case Think(text):
            yield ChatBatch(reasoning=text, deltas=1)
        case Wait(seconds):
            await asyncio.sleep(seconds)
        case Hold(gate):
            await gate.wait()
        case Fail(error):
            raise error
        case Endless(text):
            while True:
                yield ChatBatch(content=text, deltas=1)
                await asyncio.sleep(0)
        case End(reason, usage):
            yield ChatBatch(finish_reason=reason, usage=usage)


@dataclass
class ScriptedTool:
    """A tool step that answers with its parameter `say`, fails as `error` says, or waits `pause` seconds first."""

    error: Exception | None = None
    pause: float = 0.0
    seconds: float = 5.0
    calls: list[tuple[str, dict[str, Json]]] = field(default_factory=list)
    name: str = "scripted"
    type: StepType = StepType.TOOL
    title: str = "Scripted tool"
    params: Mapping[str, Json] = field(
        default_factory=lambda: {"type": "object", "properties": {"say": {"type": "string"}}}
    )

    def check(self, params: Mapping[str, Json]) -> Sequence[ParamProblem]:
        return [ParamProblem("say", "must not shout")] if str(params.get("say", "")).isupper() else []

    async def run(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        self.calls.append((context.answer, dict(params)))
        await asyncio.sleep(self.pause)
        if self.error is not None:
            raise self.error
        return StepResult(str(params.get("say", "")), {"said": params.get("say")})
