"""The protocol's bytes: chunks of a stream, and the whole answer. No object and no dict for a delta.

Source: OpenAI's API reference, "The chat completion object" and "The chat completion chunk object";
`reasoning_content` is DeepSeek's name for the reasoning, which llama.cpp and vLLM took over.
"""

from msgspec.json import Encoder

from fabula.core.ids import GenerationId
from fabula.features.generation.protocol.faults import body_of
from fabula.features.generation.types import Generation, StoredText
from fabula.http.errors import Problem

_encode = Encoder().encode
DONE = b"data: [DONE]\n\n"
_REASONS = frozenset({"stop", "length", "content_filter"})


def completion_id(generation: GenerationId) -> str:
    """The id of the answer; the part after the dash finds its trace."""
    return f"chatcmpl-{generation}"


def created(generation: GenerationId) -> int:
    """Seconds since 1970, from the UUIDv7 itself: a repeated call says the same."""
    return int(generation.replace("-", "")[:12], 16) // 1000


def finish_reason(found: str | None) -> str:
    """In the protocol's words. An answer that somebody stopped is stopped."""
    return found if found in _REASONS else "stop"


def usage(prompt: int | None, completion: int | None) -> dict[str, int]:
    read, written = prompt or 0, completion or 0
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def whole(generation: Generation, stored: StoredText, model: str) -> bytes:
    """An answer that does not stream."""
    message: dict[str, object] = {"role": "assistant", "content": stored.text, "refusal": None}
    if stored.reasoning:
        message["reasoning_content"] = stored.reasoning
    reason = finish_reason(generation.finish_reason)
    return _encode(
        {
            "id": completion_id(generation.id),
            "object": "chat.completion",
            "created": created(generation.id),
            "model": model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
            "usage": usage(generation.prompt_tokens, generation.completion_tokens),
        }
    )


class Chunks:
    """The chunks of one answer. `with_usage`: every chunk has the field, and one of its own holds it."""

    __slots__ = ("_head", "_start", "_tail", "_with_usage")

    def __init__(self, generation: GenerationId, model: str, *, with_usage: bool) -> None:
        self._with_usage = with_usage
        self._start = b'data: {"id":"%b","object":"chat.completion.chunk","created":%d,"model":%b,' % (
            completion_id(generation).encode(),
            created(generation),
            _encode(model),
        )
        self._head = self._start + b'"choices":[{"index":0,"delta":'
        self._tail = (b',"usage":null' if with_usage else b"") + b"}\n\n"

    def role(self) -> bytes:
        return self._delta(b'{"role":"assistant","content":""}')

    def text(self, reasoning: str, content: str) -> bytes:
        """What one network read brought: reasoning, then content, each only if there is some."""
        out = b""
        if reasoning:
            out = self._delta(b'{"reasoning_content":%b}' % _encode(reasoning))
        if content:
            out += self._delta(b'{"content":%b}' % _encode(content))
        return out

    def end(self, reason: str | None, counted: dict[str, int]) -> bytes:
        last = b'{},"logprobs":null,"finish_reason":%b}]' % _encode(finish_reason(reason))
        out = self._head + last + self._tail
        if self._with_usage:
            out += self._start + b'"choices":[],"usage":%b}\n\n' % _encode(counted)
        return out + DONE

    def fault(self, problem: Problem) -> bytes:
        """How a stream that has begun says that it failed; nothing follows."""
        return b"data: %b\n\n" % body_of(problem)

    def _delta(self, delta: bytes) -> bytes:
        return self._head + delta + b',"logprobs":null,"finish_reason":null}]' + self._tail
