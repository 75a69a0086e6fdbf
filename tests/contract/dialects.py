"""The two wire formats as data: how each says the same things, so that one suite holds both to `ChatModel`."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from fabula.plugins import ChatModel
from fabula.providers.anthropic import Anthropic
from fabula.providers.openai_compatible import Limits, OpenAICompatible, Timeouts
from tests.contract.scripted import DONE, delta, document, event

KEY = "sk-secret-0123456789"


@dataclass(frozen=True)
class Dialect:
    """`start` and `end` frame an answer; `say`, `think` and `stop` are its events; `whole` is one unstreamed."""

    make: Callable[[str, Timeouts | None, Limits | None], ChatModel]
    path: bytes
    auth: bytes
    start: bytes
    say: Callable[[str], bytes]
    think: Callable[[str], bytes]
    stop: bytes
    end: bytes
    broken_event: bytes
    reported: bytes
    whole: bytes
    refusal: bytes
    models: bytes


def named(kind: str, **fields: object) -> bytes:
    """An event of the Messages protocol, which repeats its type as the event's name."""
    return b"event: " + kind.encode() + b"\ndata: " + json.dumps({"type": kind, **fields}).encode() + b"\n\n"


def piece(kind: str, **fields: str) -> bytes:
    return named("content_block_delta", index=0, delta={"type": kind, **fields})


OPENAI = Dialect(
    make=lambda url, timeouts, limits: OpenAICompatible("test", url, KEY, timeouts, limits),
    path=b"POST /v1/chat/completions ",
    auth=b"Authorization: Bearer " + KEY.encode(),
    start=b"",
    say=lambda text: delta(content=text),
    think=lambda text: delta(reasoning_content=text),
    stop=delta("stop"),
    end=event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}) + DONE,
    broken_event=b"data: {nope\n\n",
    reported=event({"error": {"message": "overloaded", "code": 529}}),
    whole=document(
        {
            "choices": [
                {"message": {"role": "assistant", "content": "whole", "reasoning": "hm"}, "finish_reason": "stop"}
            ],
            "usage": {"prompt_tokens": 7, "completion_tokens": 2},
        }
    ),
    refusal=document({"error": {"message": f"slow down, {KEY}"}}, "429 Too Many Requests", "Retry-After: 3\r\n"),
    models=document({"data": [{"id": "a"}, {"id": "b", "name": "Bee"}]}),
)

ANTHROPIC = Dialect(
    make=lambda url, timeouts, limits: Anthropic("test", url, KEY, timeouts, limits),
    path=b"POST /v1/messages ",
    auth=b"x-api-key: " + KEY.encode(),
    start=named(
        "message_start",
        message={"id": "m", "usage": {"input_tokens": 4, "cache_read_input_tokens": 3, "output_tokens": 1}},
    )
    + named("content_block_start", index=0, content_block={"type": "text", "text": ""})
    + named("ping"),
    say=lambda text: piece("text_delta", text=text),
    think=lambda text: piece("thinking_delta", thinking=text),
    stop=named("content_block_stop", index=0)
    + named("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 2}),
    end=named("message_stop"),
    broken_event=b"event: content_block_delta\ndata: {nope\n\n",
    reported=named("error", error={"type": "overloaded_error", "message": "Overloaded"}),
    whole=document(
        {
            "type": "message",
            "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "whole"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 7, "output_tokens": 2},
        }
    ),
    refusal=document(
        {"type": "error", "error": {"type": "rate_limit_error", "message": f"slow down, {KEY}"}},
        "429 Too Many Requests",
        "Retry-After: 3\r\n",
    ),
    models=document({"data": [{"type": "model", "id": "a"}, {"type": "model", "id": "b", "display_name": "Bee"}]}),
)
DIALECTS = {"openai_compatible": OPENAI, "anthropic": ANTHROPIC}
