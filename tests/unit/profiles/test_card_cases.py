"""Real files made by others, against what an independent reader found in them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from fabula.features.profiles.cards import (
    DEFAULT_LIMITS,
    CardError,
    CardParts,
    Container,
    ExportFormat,
    JsonObject,
    export_card,
    png,
    read_card,
)

OWN = {Container.JSON: ExportFormat.JSON, Container.PNG: ExportFormat.PNG, Container.CHARX: ExportFormat.CHARX}
SPECS = {"chara_card_v2": "v2", "chara_card_v3": "v3"}
REFUSED = {"no_metadata.png", "st_chat_2023_minimal.jsonl", "st_worldinfo_eldoria.json"}
CARDS = (
    "v2_book_no_extensions.json",
    "v2_chub_hybrid_root_and_data.png",
    "v2_st_seraphina_with_book.png",
    "v3_ccv3_only.png",
    "v3_detective_noir_decorator.json",
    "v3_json_in_chara_chunk.png",
    "v3_luna_full.json",
    "v3_small.charx",
)


@pytest.fixture(scope="module")
def expected(cases: Path) -> dict[str, dict[str, Any]]:
    items = json.loads((cases / "cards" / "EXPECTED.json").read_text())
    return {item["file"]: item for item in items}


def size(spec: JsonObject, name: str) -> int:
    value = spec[name]
    assert isinstance(value, (str, list, dict))
    return len(value)


def test_no_file_of_the_cases_is_left_out(expected: dict[str, dict[str, Any]]) -> None:
    assert expected.keys() == REFUSED | set(CARDS)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_no_card_is_refused(cases: Path, name: str) -> None:
    with pytest.raises(CardError):
        read_card((cases / "cards" / name).read_bytes(), name)


@pytest.mark.parametrize("name", CARDS)
def test_a_real_card_holds_the_expected_facts(cases: Path, expected: dict[str, dict[str, Any]], name: str) -> None:
    file = (cases / "cards" / name).read_bytes()
    fact = expected[name]
    assert hashlib.sha256(file).hexdigest() == fact["sha256"]
    card = read_card(file, name)
    assert isinstance(card.raw, dict)
    assert card.source_spec.value == SPECS[fact["spec"]]
    assert card.raw["spec_version"] == fact["spec_version"]
    assert card.spec["name"] == fact["name"]
    assert size(card.spec, "first_mes") == fact["first_mes_len"]
    assert size(card.spec, "description") == fact["description_len"]
    assert size(card.spec, "alternate_greetings") == fact["alternate_greetings"]
    extensions, book = card.spec["extensions"], card.spec["character_book"]
    assert isinstance(extensions, dict)
    assert sorted(extensions) == fact["extension_keys"]
    entries = book["entries"] if isinstance(book, dict) else None
    assert (len(entries) if isinstance(entries, list) else None) == fact["book_entries"]
    if fact["assets"] is not None:
        assert len(card.assets) == fact["assets"]
    if "text_chunks" in fact:
        chunks = (png.keyword_of(chunk) for chunk in png.walk(file, DEFAULT_LIMITS))
        assert [keyword for keyword in chunks if keyword] == fact["text_chunks"]


@pytest.mark.parametrize("name", CARDS)
def test_a_real_card_comes_out_as_it_came_in(cases: Path, name: str) -> None:
    file = (cases / "cards" / name).read_bytes()
    card = read_card(file, name)
    parts = CardParts(card.spec, card.raw, file, card.container)
    assert export_card(parts, OWN[card.container]) == file
    for to in ExportFormat:
        assert read_card(export_card(parts, to), "x").raw == card.raw


def test_an_edit_of_a_real_card_is_the_only_change(cases: Path) -> None:
    for name in CARDS:
        file = (cases / "cards" / name).read_bytes()
        card = read_card(file, name)
        spec: JsonObject = {**card.spec, "scenario": "Another place."}
        for to in ExportFormat:
            again = read_card(export_card(CardParts(spec, card.raw, file, card.container), to), "x")
            assert again.spec == spec
            assert isinstance(again.raw, dict)
            assert isinstance(card.raw, dict)
            changed, data = again.raw["data"], card.raw["data"]
            assert isinstance(changed, dict)
            assert isinstance(data, dict)
            assert {key for key in changed if changed[key] != data.get(key)} == {"scenario"}


def test_the_charx_of_the_cases_gives_its_icon(cases: Path) -> None:
    card = read_card((cases / "cards" / "v3_small.charx").read_bytes(), "v3_small.charx")
    assert card.avatar is not None
    assert (len(card.avatar.data), card.avatar.media_type) == (140, "image/png")
