"""What each known family of servers accepts, as data.

Reading needs no such table: an answer's reasoning is taken from whichever field carries it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yarl import URL

from fabula.plugins import ChatRequest

# Ours to decide: a parameter may not turn streaming off or ask for a second answer.
_RESERVED = frozenset({"model", "messages", "stream", "stream_options", "n"})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """One family: how to recognise it, and what may be sent to it.

    `accepts` None means that unknown parameters are ignored there, so everything is sent.
    `renames` maps the common name of a parameter to the family's own. `tokenizes`: its server has POST /tokenize.
    """

    family: str
    hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset()
    owners: frozenset[str] = frozenset()
    stream_usage: bool = True
    accepts: frozenset[str] | None = None
    renames: Mapping[str, str] = field(default_factory=dict)
    tokenizes: bool = False


# Source: the request body of "Create chat completion" in OpenAI's API reference; others are answered with 400.
_OPENAI_PARAMS = frozenset({
    "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "metadata", "modalities",
    "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "reasoning_effort",
    "response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "temperature",
    "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
})  # fmt: skip

GENERIC = Capabilities("generic")
FAMILIES = (
    Capabilities(
        "openai",
        hosts=frozenset({"api.openai.com"}),
        accepts=_OPENAI_PARAMS,
        renames={"max_tokens": "max_completion_tokens"},  # reasoning models refuse the old name
    ),
    Capabilities("openrouter", hosts=frozenset({"openrouter.ai"}), renames={"repeat_penalty": "repetition_penalty"}),
    Capabilities(
        "llama.cpp", owners=frozenset({"llamacpp"}), renames={"repetition_penalty": "repeat_penalty"}, tokenizes=True
    ),
    Capabilities("vllm", owners=frozenset({"vllm"}), renames={"repeat_penalty": "repetition_penalty"}, tokenizes=True),
    Capabilities("ollama", ports=frozenset({11434}), owners=frozenset({"library"})),
    Capabilities(
        "lmstudio",
        ports=frozenset({1234}),
        owners=frozenset({"organization_owner"}),
        renames={"repetition_penalty": "repeat_penalty"},
    ),
)


def recognise_url(base_url: str) -> Capabilities:
    """Find the family by host or by the port it is known for; `GENERIC` when neither tells."""
    try:
        url = URL(base_url)
    except ValueError:
        return GENERIC  # the first call will say what is wrong with it
    for family in FAMILIES:
        if url.host in family.hosts or url.explicit_port in family.ports:
            return family
    return GENERIC


def recognise_owner(owner: str) -> Capabilities | None:
    """Find the family by the `owned_by` of a listed model."""
    return next((family for family in FAMILIES if owner in family.owners), None)


def build_body(capabilities: Capabilities, request: ChatRequest, *, stream_usage: bool) -> dict[str, object]:
    """Make the request's JSON object: what the family refuses is left out, what it calls otherwise is renamed."""
    body: dict[str, object] = {}
    for name, value in request.params.items():
        sent = capabilities.renames.get(name, name)
        if sent not in _RESERVED and (capabilities.accepts is None or sent in capabilities.accepts):
            body[sent] = value
    body["model"] = request.model
    body["messages"] = request.messages
    body["stream"] = True
    if stream_usage:
        body["stream_options"] = {"include_usage": True}
    return body
