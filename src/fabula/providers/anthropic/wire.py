"""Events into batches. Source: Anthropic's API reference, "Streaming Messages" and "Errors"."""

import msgspec

from fabula.plugins import ChatBatch, ModelGarbage, ModelInfo, ModelRejected, TokenUsage
from fabula.providers.openai_compatible.faults import clean_reason
from fabula.providers.openai_compatible.sse import iter_payloads
from fabula.providers.openai_compatible.wire import DECODE_ERRORS, Answer

_FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class _Piece(msgspec.Struct, gc=False):
    """A delta or a block of content: text or thinking; signatures, tool input and what comes later are passed over."""

    text: str | None = None
    thinking: str | None = None
    stop_reason: str | None = None


class _Usage(msgspec.Struct, gc=False):
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None


class _Message(msgspec.Struct, gc=False):
    usage: _Usage | None = None


class _Error(msgspec.Struct, gc=False):
    type: str | None = None
    message: str | None = None


class _Event(msgspec.Struct, gc=False):
    """One event of a stream, or a whole answer of a server that does not stream (type `message`)."""

    type: str
    delta: _Piece | None = None
    content_block: _Piece | None = None
    message: _Message | None = None
    usage: _Usage | None = None
    error: _Error | None = None
    content: list[_Piece] | None = None
    stop_reason: str | None = None


class _Model(msgspec.Struct):
    id: str
    display_name: str | None = None
    max_input_tokens: int | None = None


class _Listing(msgspec.Struct):
    data: list[_Model]


_decode = msgspec.json.Decoder(_Event).decode
_decode_listing = msgspec.json.Decoder(_Listing).decode


class MessageAnswer(Answer):
    """The other answer's bound, faults and end, fed by other events."""

    def __init__(self, provider: str, characters: int) -> None:
        super().__init__(provider, characters)
        self._prompt_tokens = 0

    def take(self, block: bytes) -> ChatBatch:
        """Decode a block of whole events into one batch."""
        batch = ChatBatch()
        contents: list[str] = []
        thoughts: list[str] = []
        for payload in iter_payloads(block):
            try:
                event = _decode(payload)
            except DECODE_ERRORS as error:
                # The bytes themselves stay out of the message: they may be the user's text.
                self.fault = ModelGarbage(self._provider, f"{len(payload)} bytes of data that are no event ({error})")
                break
            self._hear(event, batch, contents, thoughts)
            if self.fault is not None or self.done:
                break
        batch.content = "".join(contents)
        batch.reasoning = "".join(thoughts)
        self._bound(batch)
        if batch.finish_reason:
            self.finished = True
        return batch

    def take_document(self, data: bytes) -> ChatBatch:
        """Decode a whole answer that came as one JSON document; raises `ModelGarbage`, or the error that it is."""
        try:
            batch = self.take(b"data: " + msgspec.json.encode(msgspec.json.decode(data)))
        except DECODE_ERRORS as error:
            raise ModelGarbage(self._provider, f"its JSON is no message ({error})") from error
        if self.fault is not None:
            raise self.fault
        return batch

    def _hear(self, event: _Event, batch: ChatBatch, contents: list[str], thoughts: list[str]) -> None:
        if event.type == "error":
            self.fault = reported(self._provider, event.error or _Error())
            return
        self._count(event, batch)
        for piece in (event.delta, event.content_block, *(event.content or ())):
            if piece is None:
                continue
            if piece.text:
                contents.append(piece.text)
            if piece.thinking:
                thoughts.append(piece.thinking)
            batch.deltas += bool(piece.text or piece.thinking)
        reason = event.stop_reason or (event.delta.stop_reason if event.delta else None)
        if reason is not None:
            batch.finish_reason = _FINISH_REASONS.get(reason, reason)
        self.done = event.type == "message_stop"

    def _count(self, event: _Event, batch: ChatBatch) -> None:
        """The prompt is counted at the start, cached parts apart; the answer, in all so far, at the end."""
        usage = event.usage or (event.message.usage if event.message else None)
        if usage is None:
            return
        cached = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
        self._prompt_tokens = max(self._prompt_tokens, (usage.input_tokens or 0) + cached)
        if event.usage is not None and usage.output_tokens is not None:
            batch.usage = TokenUsage(self._prompt_tokens, usage.output_tokens)


def reported(provider: str, error: _Error) -> ModelRejected:
    """An error inside a stream as the error it would have been as a status; 502 if its type is unknown."""
    return ModelRejected(
        provider, _STATUSES.get(error.type or "", 502), clean_reason(error.message or error.type or "")
    )


def decode_models(provider: str, data: bytes) -> tuple[ModelInfo, ...]:
    """The listed models; raises `ModelGarbage`."""
    try:
        listing = _decode_listing(data)
    except DECODE_ERRORS as error:
        raise ModelGarbage(provider, f"its list of models is not one ({error})") from error
    return tuple(ModelInfo(model.id, model.display_name or model.id, model.max_input_tokens) for model in listing.data)
