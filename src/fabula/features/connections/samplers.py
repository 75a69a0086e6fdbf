"""The sampler fields that are known, and what each may be. What is not known here is passed through unchecked.

Sources: "Create chat completion" of OpenAI's API reference; llama.cpp, tools/server/README.md (POST /completion and
/v1/chat/completions); vLLM, "Extra parameters" of its OpenAI-compatible server; OpenRouter, "Parameters" and
"Provider routing". Ranges are the widest that any of them takes: a server may be stricter and will say so.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping

from fabula.core.errors import FieldProblem, InvalidInput
from fabula.core.storable import MAX_DEPTH, is_plain
from fabula.plugins import Json

MAX_BYTES = 100_000
_HUGE = 2**63 - 1
_MAX_STOPS = 64
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

Rule = Callable[[Json], str | None]
"""What is wrong with a value; None when nothing is."""


def _number(low: float, high: float = math.inf) -> Rule:
    def check(value: Json) -> str | None:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        return None if fits else f"must be a number {_span(low, high)}"

    return check


def _whole(low: int, high: int = _HUGE) -> Rule:
    def check(value: object) -> str | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if fits else f"must be a whole number {_span(low, high)}"

    return check


def _span(low: float, high: float) -> str:
    return f"of at least {low:g}" if high in {math.inf, _HUGE} else f"from {low:g} to {high:g}"


def _kind(kind: type, what: str) -> Rule:
    return lambda value: None if isinstance(value, kind) else f"must be {what}"


def _one_of(*names: str) -> Rule:
    return lambda value: None if value in names else f"must be one of {', '.join(names)}"


def _texts(most: int) -> Rule:
    def check(value: Json) -> str | None:
        found = [value] if isinstance(value, str) else value
        fits = isinstance(found, list) and len(found) <= most and all(isinstance(t, str) and t for t in found)
        return None if fits else f"must be a text or a list of at most {most} texts, none of them empty"

    return check


def _bias(value: Json) -> str | None:
    """An object of token → number, or llama.cpp's list of [token, number or false]."""
    weight = _number(-100, 100)
    pairs: list[Json] = [[token, bias] for token, bias in value.items()] if isinstance(value, dict) else []
    pairs = value if isinstance(value, list) else pairs
    fits = isinstance(value, dict | list) and all(
        isinstance(pair, list) and len(pair) == 2 and (pair[1] is False or weight(pair[1]) is None) for pair in pairs
    )
    return None if fits else "must map tokens to numbers from -100 to 100"


_flag = _kind(bool, "true or false")
_text = _kind(str, "a text")
_object = _kind(dict, "an object")
_list = _kind(list, "a list")
_share = _number(0, 1)

KNOWN: dict[str, Rule] = {
    "temperature": _number(0, 5),
    "top_p": _share,
    "top_k": _whole(-1),  # 0 (llama.cpp) and -1 (vLLM) switch it off
    "min_p": _share,
    "top_a": _share,
    "top_n_sigma": _number(-1),
    "typical_p": _share,
    "tfs_z": _share,
    "repetition_penalty": _number(0, 5),
    "repeat_penalty": _number(0, 5),
    "repeat_last_n": _whole(-1),
    "length_penalty": _number(-10, 10),
    "frequency_penalty": _number(-2, 2),
    "presence_penalty": _number(-2, 2),
    "mirostat": _whole(0, 2),
    "mirostat_tau": _number(0),
    "mirostat_eta": _share,
    "dry_multiplier": _number(0),
    "dry_base": _number(0),
    "dry_allowed_length": _whole(0),
    "dry_penalty_last_n": _whole(-1),
    "dry_sequence_breakers": _texts(_MAX_STOPS),
    "xtc_probability": _share,
    "xtc_threshold": _share,
    "dynatemp_range": _number(0),
    "dynatemp_exponent": _number(0),
    "seed": _whole(-_HUGE - 1),
    "stop": _texts(_MAX_STOPS),
    "stop_token_ids": _list,
    "max_tokens": _whole(1),
    "max_completion_tokens": _whole(1),
    "n_predict": _whole(-1),
    "min_tokens": _whole(0),
    "logit_bias": _bias,
    "logprobs": _flag,
    "top_logprobs": _whole(0, 20),
    "n_probs": _whole(0),
    "grammar": _text,
    "json_schema": _object,
    "response_format": _object,
    "samplers": _list,
    "ignore_eos": _flag,
    "cache_prompt": _flag,
    "skip_special_tokens": _flag,
    "include_reasoning": _flag,
    "reasoning_effort": _one_of(*_EFFORTS),
    "reasoning": _object,
    "thinking": _object,
    "chat_template_kwargs": _object,
    "verbosity": _one_of("low", "medium", "high", "max"),
    "provider": _object,
    "models": _list,
    "route": _text,
    "transforms": _list,
    "plugins": _list,
}
_OURS = frozenset({"model", "messages", "prompt", "system", "stream", "stream_options", "n"})


def check_params(params: Mapping[str, Json], path: str = "body.params") -> None:
    """Raise `InvalidInput` that names every bad field by its place under `path`, as in `body.params.top_p`."""
    problems = tuple(FieldProblem(f"{path}.{name}", why) for name, why in _problems(params))
    if not problems and len(json.dumps(params)) > MAX_BYTES:
        problems = (FieldProblem(path, f"parameters must not be longer than {MAX_BYTES:,} bytes as JSON"),)
    if problems:
        raise InvalidInput(problems)


def _problems(params: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        rule = KNOWN.get(name)
        if name in _OURS:
            yield name, "is decided by the server, the chat and the connection"
        elif not is_plain(name) or not is_plain(value):
            yield name, f"must not hold NaN, Infinity, U+0000, half a character, or more than {MAX_DEPTH} levels"
        elif rule is not None and value is not None and (why := rule(value)) is not None:
            yield name, why
