"""What a plugin promises. Values are plain and immutable; a plugin knows nothing of chats or databases."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

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
        ...
