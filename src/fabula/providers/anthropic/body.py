"""A request in the words of the Messages protocol.

Source: Anthropic's API reference, "Create a Message". What differs from chat completions: the system prompt stands
apart, roles take turns, an answer's length must be bounded, and a parameter it does not know is answered with 400.
"""

from collections.abc import Mapping, Sequence

from fabula.plugins import ChatMessage, ChatRequest, Json

DEFAULT_MAX_TOKENS = 4096
# A conversation begins with the user; a tale begins with the character's greeting.
OPENING = "[The conversation begins.]"
_ACCEPTED = frozenset({"temperature", "top_p", "top_k", "thinking", "metadata", "service_tier", "tools", "tool_choice"})
_JOINT = "\n\n"


def build_body(request: ChatRequest) -> dict[str, Json]:
    """The JSON object to send; parameters the protocol does not have are left out."""
    system, messages = split_messages(request.messages)
    body: dict[str, Json] = {**_samplers(request.params)}
    body["model"] = request.model
    body["max_tokens"] = _bound(request.params, body.get("thinking"))
    if system:
        body["system"] = system
    body["messages"] = list[Json](messages)
    body["stream"] = True
    return body


def split_messages(messages: Sequence[ChatMessage]) -> tuple[str, list[dict[str, Json]]]:
    """The system prompt, and turns of user and assistant one after the other.

    Instructions at the beginning are the system prompt. Later ones keep their place, as words of the user: their
    depth in the history is what they are for. Neighbours of one role are joined; empty ones, which the server
    refuses, are left out. An answer to be continued must not end in white space.
    """
    spoken = [message for message in messages if message.content.strip()]
    start = next((at for at, message in enumerate(spoken) if message.role != "system"), len(spoken))
    turns: list[tuple[str, list[str]]] = []
    for message in spoken[start:]:
        role = "assistant" if message.role == "assistant" else "user"
        if not turns or turns[-1][0] != role:
            turns.append((role, []))
        turns[-1][1].append(message.content)
    if not turns or turns[0][0] != "user":
        turns.insert(0, ("user", [OPENING]))
    joined: list[dict[str, Json]] = [{"role": role, "content": _JOINT.join(texts)} for role, texts in turns]
    if turns[-1][0] == "assistant":
        joined[-1]["content"] = _JOINT.join(turns[-1][1]).rstrip()
    return _JOINT.join(message.content for message in spoken[:start]), joined


def _samplers(params: Mapping[str, Json]) -> dict[str, Json]:
    sent: dict[str, Json] = {name: value for name, value in params.items() if name in _ACCEPTED and value is not None}
    temperature, top_k = sent.get("temperature"), sent.get("top_k")
    if isinstance(temperature, int | float):
        sent["temperature"] = min(float(temperature), 1.0)  # the protocol's range ends there
        sent.pop("top_p", None)  # newer models refuse the two together
    if isinstance(top_k, int) and top_k < 1:
        del sent["top_k"]  # others write "off" so
    if _is_thinking(sent.get("thinking")):
        for name in ("temperature", "top_p", "top_k"):  # refused beside thinking
            sent.pop(name, None)
    stops = params.get("stop")
    texts: list[Json] = [stops] if isinstance(stops, str) else stops if isinstance(stops, list) else []
    if found := [text for text in texts if isinstance(text, str) and text.strip()]:
        sent["stop_sequences"] = list[Json](found)
    return sent


def _bound(params: Mapping[str, Json], thinking: Json) -> int:
    """The longest answer; thinking comes on top of it, for its budget must be the smaller part."""
    asked = params.get("max_tokens", params.get("max_completion_tokens"))
    bound = asked if isinstance(asked, int) and asked > 0 else DEFAULT_MAX_TOKENS
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    return bound + budget if isinstance(budget, int) and bound <= budget else bound


def _is_thinking(thinking: Json) -> bool:
    return isinstance(thinking, dict) and thinking.get("type") in {"enabled", "adaptive"}
