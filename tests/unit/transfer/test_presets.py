"""Presets and personas out of a data folder's files."""

import json
from typing import Any

import pytest

from fabula.features.transfer.personas import read_personas
from fabula.features.transfer.presets import read_preset


def params(folder: str, **preset: Any) -> dict[str, Any]:
    return read_preset(folder, json.dumps(preset).encode())[0]


def test_samplers_keep_their_values_under_the_names_servers_know() -> None:
    assert params("OpenAI Settings", temperature=0.7, top_p=0.9, openai_max_tokens=400, seed=7) == {
        "temperature": 0.7,
        "top_p": 0.9,
        "max_tokens": 400,
        "seed": 7,
    }
    found = params("TextGen Settings", temp=1.2, rep_pen=1.1, mirostat_mode=2, mirostat_tau=5, dry_multiplier=0.8,
                   dry_sequence_breakers='["\\n", ":"]')  # fmt: skip
    assert found == {
        "temperature": 1.2,
        "repetition_penalty": 1.1,
        "mirostat": 2,
        "mirostat_tau": 5,
        "dry_multiplier": 0.8,
        "dry_sequence_breakers": ["\n", ":"],
    }


def test_what_is_switched_off_is_not_sent() -> None:
    assert params("OpenAI Settings", top_k=0, top_a=0, min_p=0, repetition_penalty=1, seed=-1, temperature=None) == {}
    assert params("TextGen Settings", mirostat_mode=0, mirostat_tau=5, dry_multiplier=0, dry_base=1.75, tfs=1) == {}


def test_other_fields_are_counted() -> None:
    assert read_preset("OpenAI Settings", b'\xef\xbb\xbf{"prompts": [], "names_behavior": 0}') == ({}, 2)


@pytest.mark.parametrize("data", [b"[]", b"{", b"\xff", b"null"])
def test_what_is_no_preset_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_preset("OpenAI Settings", data)


def test_personas_are_read_whatever_is_missing() -> None:
    power = {
        "personas": {"a.png": "Ann", "b.png": None},
        "persona_descriptions": {"a.png": {"description": "Sails.\x00", "position": 1}, "b.png": "broken"},
        "default_persona": "a.png",
    }
    first, second = read_personas(json.loads(json.dumps({"power_user": power})))
    assert (first.name, first.description, first.is_default) == ("Ann", "Sails.\ufffd", True)
    assert first.raw == {"description": "Sails.\x00", "position": 1}
    assert (second.name, second.description, second.is_default) == ("User", "", False)
    assert list(read_personas({"power_user": []})) == []
