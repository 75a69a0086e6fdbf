"""What a plugin promises. Values are plain and immutable; a plugin knows nothing of chats or databases."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable

from msgspec import Struct

Json: TypeAlias = "bool | float | str | list[Json] | dict[str, Json] | None"


class ChatMessage(Struct, frozen=True, gc=False, omit_defaults=True):
    """One message of a prompt: `role` is system, user, assistant or tool.

    A struct, since a prompt makes hundreds of them: it encodes to JSON as the object that chat protocols want.
    """

    role: str
    content: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A whole prompt for one answer. `params` are sampler fields, passed through as given."""

    model: str
    messages: tuple[ChatMessage, ...]
    params: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens as the provider counted them."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(slots=True)
class ChatBatch:
    """All that one network read brought: texts joined, in order within each of the two channels.

    `deltas` counts the provider's deltas in it. `finish_reason` and `usage` come in the last batches.
    """

    content: str = ""
    reasoning: str = ""
    deltas: int = 0
    finish_reason: str | None = None
    usage: TokenUsage | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model a provider offers; `context_tokens` is None where the provider does not say."""

    id: str
    name: str
    context_tokens: int | None = None


class ChatModel(Protocol):
    """A provider of chat answers. One instance serves many streams at once on one event loop."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatBatch]:
        """Answer `request` as batches; raises a `ModelError`, never another exception for an upstream fault.

        The request must not be kept alive past the first batch. Closing the generator closes the connection.
        A stream that ends without a finish reason raises `ModelCut`.
        """
        ...

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """What can be asked for; raises `ModelError`."""
        ...

    async def close(self) -> None:
        """Release connections and child processes."""


@runtime_checkable
class Tokenizer(Protocol):
    """What a `ChatModel` may be beside: `tokenizer` is its name in explanations, None where its server has none."""

    @property
    def tokenizer(self) -> str | None: ...

    async def count_tokens(self, model: str, texts: Sequence[str]) -> Sequence[int] | None:
        """Tokens of each text, by one call within half a second; None: it cannot be said now. Raises `ModelError`."""


class StepType(StrEnum):
    """What a step of a pipeline is for; also its phase: pre, rag, then llm, then post and tool together."""

    PRE = "pre"
    RAG = "rag"
    LLM = "llm"
    POST = "post"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ParamProblem:
    """What is wrong with a step's parameters: `path` in them, as in `rules[0].pattern`; `line`, `column` from 1."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class PromptPiece:
    """A text for the prompt; `position` is before_char, after_char, or at_depth with messages counted from the end."""

    text: str
    role: str = "system"
    position: str = "at_depth"
    depth: int = 4


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """A message that does not fit the prompt any more. `seq` is its place in the history."""

    seq: int
    role: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """An older message that was searched for; of a higher `score`, the better."""

    id: str
    seq: int
    role: str
    name: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step made. Only what its type is for counts, the rest is left out of account:

    `text` is `steps.<name>.text`, and of a post step the whole new answer; `output` is what the trace shows;
    `variables` are laid over the run's; `pieces`, `passage` (retrieved text) and `found` go to the prompt and its
    explanation; `params` are sampler fields of an llm step; `memory` is what the step wants to be given again later
    in this line of the history.
    """

    text: str | None = None
    output: Mapping[str, Json] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    pieces: tuple[PromptPiece, ...] = ()
    passage: str | None = None
    found: tuple[FoundMessage, ...] = ()
    params: Mapping[str, Json] = field(default_factory=dict)
    memory: Json = None


class StepContext(Protocol):
    """What a running step is given: plain values, and what the host can do for it."""

    @property
    def answer(self) -> str:
        """The answer as it stands; empty before the llm step."""
        ...

    @property
    def message(self) -> str:
        """What the user said last."""
        ...

    @property
    def memory(self) -> Json:
        """What this step remembered last in this line of the history; None when nothing."""
        ...

    @property
    def variables(self) -> Mapping[str, str]:
        """The run's variables, as steps before have left them."""
        ...

    async def render(self, liquid: str, values: Mapping[str, Json] | None = None) -> str:
        """Render Liquid over the run (`char`, `user`, `chat`, `messages`, `mode`, `trigger`, `message`, `vars`,
        `steps`, `answer`) and `values`; raises an `AppError`.
        """
        ...

    async def ask(
        self,
        messages: Sequence[ChatMessage],
        params: Mapping[str, Json],
        connection: str | None = None,
        model: str | None = None,
    ) -> str:
        """What a model answers, whole; by default the turn's own model. Raises an `AppError`."""
        ...

    async def left(self, after: int, reserve: int) -> Sequence[LeftMessage]:
        """The messages after place `after` that do not fit the prompt, oldest first, as many as one question holds.

        `reserve` are tokens that the step's own text will take there.
        """
        ...

    async def recall(self, query: str, limit: int) -> Sequence[FoundMessage]:
        """The messages of this line of the history that do not fit the prompt and that `query` finds, best first."""
        ...


class StepKind(Protocol):
    """A kind of pipeline step. It knows no chat and no database; one instance serves many runs at once."""

    @property
    def name(self) -> str:
        """What definitions call it by, unique within its type."""
        ...

    @property
    def type(self) -> StepType: ...

    @property
    def title(self) -> str: ...

    @property
    def seconds(self) -> float:
        """The longest that a run of it may take."""
        ...

    @property
    def params(self) -> Mapping[str, Json]:
        """A JSON Schema of an object, of the keywords type, properties, required, items, enum, default, title,
        description, format (`liquid`, `regex`: texts that a page may want an editor for), minimum, maximum,
        minLength, maxLength, minItems, maxItems and additionalProperties: true.
        """
        ...

    def check(self, params: Mapping[str, Json]) -> Sequence[ParamProblem]:
        """What is wrong beyond the schema; they fit that already."""
        ...

    async def run(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        """Do it; raises an `AppError`. Cancelled when the turn is stopped or the step's time is over."""
        ...
