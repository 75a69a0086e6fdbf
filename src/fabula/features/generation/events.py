"""The frames of an answer's stream and the workspace events of this slice, as the contract names them.

Written down as types so that `contracts/events/` is generated from them; a test holds real frames against it.
"""

from typing_extensions import TypedDict


class Meta(TypedDict):
    """`llm.stream.meta`: what is being written; null message ids when nothing is stored (impersonation)."""

    generationId: str
    chatId: str | None
    branchId: str | None
    userMessageId: str | None
    assistantMessageId: str | None
    variantId: str | None


class Delta(TypedDict):
    """`llm.stream.delta` and `llm.stream.reasoning`: text to append."""

    content: str


class Snapshot(TypedDict):
    """`llm.stream.snapshot`: the whole text so far; replaces what is shown."""

    text: str
    reasoning: str


class Usage(TypedDict):
    promptTokens: int | None
    completionTokens: int | None


class Done(TypedDict):
    """`llm.stream.done`: the stored text."""

    finalText: str
    finishReason: str | None
    usage: Usage


class Aborted(TypedDict):
    """`llm.stream.aborted`: the stored text."""

    finalText: str


class Error(TypedDict):
    """`llm.stream.error`: why it ended; what came stays."""

    code: str
    message: str


FRAMES: dict[str, type] = {
    "llm.stream.meta": Meta,
    "llm.stream.delta": Delta,
    "llm.stream.reasoning": Delta,
    "llm.stream.snapshot": Snapshot,
    "llm.stream.done": Done,
    "llm.stream.aborted": Aborted,
    "llm.stream.error": Error,
}
