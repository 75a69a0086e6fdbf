"""What a completion asks for, read from its body. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fabula.core.errors import FieldProblem, InvalidInput, invalid
from fabula.core.storable import is_storable
from fabula.features.connections import check_params
from fabula.features.conversations import MessageRole
from fabula.features.generation.schemas import CompletionIn, GivenMessageIn
from fabula.plugins import Json

_OURS = {"model", "messages", "stream", "stream_options", "n"}
# Of tools an answer here holds no calls, so a choice among them means nothing.
_DROPPED = {"tool_choice", "parallel_tool_calls", "function_call"}
_UNANSWERABLE = ("tools", "functions", "audio", "logprobs", "top_logprobs", "web_search_options")
_ROLES = {
    "system": MessageRole.SYSTEM,
    "developer": MessageRole.SYSTEM,
    "user": MessageRole.USER,
    "assistant": MessageRole.ASSISTANT,
    # A `ChatMessage` holds no call to which a tool's answer would belong; servers refuse it without one.
    "tool": MessageRole.USER,
}


@dataclass(frozen=True, slots=True)
class Given:
    """A message as the caller gave it; `place` counts from 0 in the caller's list."""

    place: int
    role: MessageRole
    text: str
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A completion. `params` are sampler fields, `usage` asks for it at the end of a stream."""

    model: str
    messages: tuple[Given, ...]
    params: dict[str, Json]
    stream: bool
    usage: bool


def read(body: CompletionIn) -> Asked:
    """Raises `InvalidInput` with the field's path for what an answer here cannot be made of."""
    messages = tuple(_given(place, message) for place, message in enumerate(body.messages))
    options = body.stream_options
    return Asked(body.model, messages, _params(body), bool(body.stream), bool(options and options.include_usage))


def _given(place: int, message: GivenMessageIn) -> Given:
    path = f"body.messages[{place}].content"
    content = message.content
    if content is None and message.role != "assistant":
        raise invalid(path, "must be a text, or a list of parts of type text")
    if isinstance(content, list):
        content = "".join(_text(f"{path}[{n}]", part) for n, part in enumerate(content))
    elif content is not None:
        content = _storable(path, content)
    return Given(place, _ROLES[message.role], content or "", message.name or "")


def _text(path: str, part: Mapping[str, Any]) -> str:
    if part.get("type") != "text":
        raise invalid(f"{path}.type", f"is {part.get('type')!r}; only parts of type 'text' are understood here")
    return _storable(f"{path}.text", part.get("text"))


def _storable(path: str, text: object) -> str:
    if not isinstance(text, str) or not is_storable(text):
        raise invalid(path, "must be a text without U+0000 and half a character")
    return text


def _params(body: CompletionIn) -> dict[str, Json]:
    given: dict[str, Json] = body.model_dump(exclude=_OURS, exclude_none=True)
    problems = tuple(
        FieldProblem(f"body.{name}", "cannot be answered here: an answer is text")
        for name in _UNANSWERABLE
        if given.pop(name, None)
    )
    if problems:
        raise InvalidInput(problems)
    params = {name: value for name, value in given.items() if name not in _DROPPED}
    check_params(params, "body")
    return params
