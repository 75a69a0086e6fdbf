"""Names, keys and files: decisions without a database."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.core.ids import ProfileId
from fabula.features.profiles.rules import content_of, file_name, search_key, storable_name, tag_keys
from fabula.features.profiles.types import Draft, Profile
from fabula.plugins import Json


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  Émile  Zola\n", "emile zola"),
        ("ЁЛКА", "елка"),
        ("Straße", "strasse"),
        ("\uff2d\uff49\uff52\uff41", "mira"),
        ("が", "が"),
        ("한국", "한국"),
        ("\x00\ud800", "?"),
    ],
)
def test_a_key_knows_no_case_accent_or_width(text: str, key: str) -> None:
    assert search_key(text) == key


@given(st.text())
def test_a_key_can_be_stored_whatever_the_name(text: str) -> None:
    key = search_key(text + "\x00\ud800")
    assert len(key.encode()) <= 4 * 500
    assert "\x00" not in key


def test_tags_are_found_once_and_not_without_bound() -> None:
    assert tag_keys(["Sea", "sea ", "", " ", "Magic"]) == ["sea", "magic"]
    assert len(tag_keys(map(str, range(100_000)))) == 200


@pytest.mark.parametrize("name", [None, 7, "", "\n\t", "\x00"])
def test_a_name_is_never_empty(name: int | str | None) -> None:
    assert storable_name(name) == "Unnamed"


@given(st.text())
def test_a_file_name_is_safe_everywhere(name: str) -> None:
    made = file_name(name, "png")
    stem = made.removesuffix(".png")
    assert stem
    assert len(made) <= 105
    assert not set(made) & set('\x00\r\n"*/:<>?\\|\u202e')
    assert not stem.startswith(".")
    assert stem == stem.strip(". ")
    assert made.encode()


@pytest.mark.parametrize("name", ["..", "../..", "CON", "nul.txt", ". .", ""])
def test_a_file_name_is_no_path_and_no_device(name: str) -> None:
    assert file_name(name, "json") in {"card.json", "_CON.json", "_nul.txt.json"}


def profile(name: str, tags: list[str]) -> Profile:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Profile(ProfileId("p"), name, "CharSpec", {}, tags, False, False, 1, now, now)


def test_what_is_sent_back_unchanged_keeps_the_cards_own_spelling() -> None:
    spec: dict[str, Json] = {"name": " Dr.\n Light ", "tags": ["a"]}
    kept = content_of(Draft("Dr. Light", spec, ["a"]), profile("Dr. Light", ["a"]))
    assert (kept.name, kept.spec) == ("Dr. Light", spec)
    renamed = content_of(Draft("Light", spec, ["b"]), profile("Dr. Light", ["a"]))
    assert (renamed.name, renamed.spec, renamed.tags) == ("Light", {"name": "Light", "tags": ["b"]}, ["b"])
    assert content_of(Draft("New", {}, None), None).spec == {"name": "New"}
