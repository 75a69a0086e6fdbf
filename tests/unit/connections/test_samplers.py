import math

import pytest

from fabula.core.errors import InvalidInput
from fabula.features.connections.samplers import KNOWN, MAX_BYTES, check_params
from fabula.plugins import Json

# One preset with everything that the four kinds of servers take.
FULL: dict[str, Json] = {
    "temperature": 0.8, "top_p": 0.95, "top_k": 40, "min_p": 0.05, "top_a": 0.1, "typical_p": 1, "tfs_z": 1.0,
    "repetition_penalty": 1.1, "repeat_penalty": 1.1, "repeat_last_n": -1, "frequency_penalty": -2,
    "presence_penalty": 2, "mirostat": 2, "mirostat_tau": 5, "mirostat_eta": 0.1, "dry_multiplier": 0.8,
    "dry_base": 1.75, "dry_allowed_length": 2, "dry_penalty_last_n": -1, "dry_sequence_breakers": ["\n", ":"],
    "xtc_probability": 0.5, "xtc_threshold": 0.1, "dynatemp_range": 0.5, "dynatemp_exponent": 1, "seed": -1,
    "stop": ["\nUser:"], "max_tokens": 400, "logit_bias": {"15043": -100}, "grammar": 'root ::= "a"',
    "json_schema": {"type": "object"}, "response_format": {"type": "json_object"}, "reasoning_effort": "low",
    "provider": {"order": ["a"], "allow_fallbacks": False}, "models": ["a/b"], "cache_prompt": True,
    "thinking": {"type": "disabled"}, "a_sampler_of_tomorrow": {"depth": [1, None, "x"]},
}  # fmt: skip


def problems(params: dict[str, Json]) -> dict[str, str]:
    try:
        check_params(params)
    except InvalidInput as error:
        return {problem.path: problem.message for problem in error.problems}
    return {}


def test_every_field_that_servers_take_is_taken() -> None:
    assert problems(FULL) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1), ("temperature", 5.1), ("temperature", "hot"), ("temperature", True),
        ("top_p", 1.01), ("top_p", -0.01), ("top_k", -2), ("top_k", 1.5), ("min_p", 2), ("typical_p", 2),
        ("tfs_z", -1), ("repetition_penalty", -1), ("frequency_penalty", 2.1), ("presence_penalty", -2.1),
        ("mirostat", 3), ("mirostat_tau", -1), ("mirostat_eta", 2), ("dry_multiplier", -1),
        ("dry_allowed_length", 1.5), ("dry_sequence_breakers", [1]), ("xtc_probability", 2), ("xtc_threshold", -1),
        ("dynatemp_range", -1), ("dynatemp_exponent", -1), ("seed", 1.5), ("seed", 2**63), ("stop", [""]),
        ("stop", ["x"] * 65), ("stop", 7), ("max_tokens", 0), ("max_tokens", "many"), ("logit_bias", {"1": 101}),
        ("logit_bias", [[1]]), ("logit_bias", "no"), ("grammar", {}), ("json_schema", "{}"),
        ("reasoning_effort", "enormous"), ("provider", ["a"]), ("top_logprobs", 21), ("ignore_eos", 1),
    ],
)  # fmt: skip
def test_a_known_field_outside_its_range_is_named_by_its_path(name: str, value: Json) -> None:
    assert list(problems({"temperature": 1, name: value})) == [f"body.params.{name}"]


def test_all_bad_fields_are_named_at_once() -> None:
    assert list(problems({"top_p": 2, "min_p": 0.1, "top_k": -9})) == ["body.params.top_p", "body.params.top_k"]


@pytest.mark.parametrize("name", ["model", "messages", "prompt", "stream", "stream_options", "n"])
def test_what_a_preset_has_no_say_in_is_refused(name: str) -> None:
    assert list(problems({name: 1})) == [f"body.params.{name}"]


@pytest.mark.parametrize("value", [math.nan, math.inf, [1.0, -math.inf], {"deep": {"er": math.nan}}])
def test_numbers_that_json_does_not_have_are_refused_anywhere(value: Json) -> None:
    assert list(problems({"unknown": value})) == ["body.params.unknown"]


@pytest.mark.parametrize("bias", [{}, {"a": 0.5}, [[15043, 1.0]], [["word", False]]])
def test_both_forms_of_a_bias_are_taken(bias: Json) -> None:
    assert problems({"logit_bias": bias}) == {}


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_null_leaves_a_field_to_the_server(name: str) -> None:
    assert problems({name: None}) == {}


def test_a_preset_of_megabytes_is_refused() -> None:
    assert list(problems({"grammar": "x" * MAX_BYTES})) == ["body.params"]
