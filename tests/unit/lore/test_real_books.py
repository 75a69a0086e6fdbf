"""Lorebooks made by others, read where they lie."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from fabula.features.lore import Position
from fabula.features.lore.books import read_lorebook, to_book, to_st
from fabula.features.lore.types import LoreRole
from tests.unit.lore.factory import chat, run, texts


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def load_png(path: Path) -> Any:
    """The JSON of a card's `chara` chunk."""
    data, at = path.read_bytes(), 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 8 : at + 8 + size]
        if data[at + 4 : at + 8] == b"tEXt" and body.startswith(b"chara\0"):
            return json.loads(base64.b64decode(body[6:]))
        at += size + 12
    raise AssertionError(path)


@pytest.fixture
def cards(cases: Path) -> Path:
    return cases / "cards"


@pytest.fixture
def eldoria(cards: Path) -> Any:
    return load(cards / "st_worldinfo_eldoria.json")


def test_eldoria_fires_on_its_keys(eldoria: Any) -> None:
    book = read_lorebook(eldoria, "eldoria")
    assert len(book.entries) == 4
    result = run(book, chat("Tell me of Eldoria, and of the beasts."))
    assert [fired.key for fired in result.fired] == ["eldoria.0", "eldoria.1"]
    assert [fired.matches[0].key for fired in result.fired] == ["eldoria", "beast"]
    assert all(fired.placement.position is Position.BEFORE_CHAR for fired in result.fired)


def test_eldoria_goes_out_as_it_came_and_survives_being_a_book(eldoria: Any) -> None:
    book = read_lorebook(eldoria)
    assert to_st(book) == eldoria
    there_and_back: dict[str, Any] = to_st(read_lorebook(to_book(book)))
    for uid, entry in eldoria["entries"].items():
        assert entry.items() <= there_and_back["entries"][uid].items()


def test_the_detectives_decorator_sets_the_role_and_leaves_the_text(cards: Path) -> None:
    raw = load(cards / "v3_detective_noir_decorator.json")["data"]["character_book"]
    book = read_lorebook(raw, "noir")
    assert (book.name, book.scan_depth, book.token_budget) == ("Noir City Lore", 10, 500)
    result = run(book, chat("Nice city.", "Some coffee?"))
    assert [fired.key for fired in result.fired] == ["noir.0", "noir.2"]
    assert result.fired[1].placement.role is LoreRole.ASSISTANT
    assert result.fired[1].text.startswith("*{{char}} pours")
    assert to_book(book) == raw


def test_seraphinas_book_fires_though_it_has_no_extensions_and_null_probabilities(cards: Path) -> None:
    raw = load_png(cards / "v2_st_seraphina_with_book.png")["data"]["character_book"]
    book = read_lorebook(raw, "s")
    assert len(book.entries) == 4
    assert "extensions" not in raw
    assert {entry.extensions["probability"] for entry in book.entries} == {None}
    result = run(book, chat("What power do you hold over this glade?"))
    assert result.fired
    assert all(fired.matches and fired.tokens for fired in result.fired)
    assert to_book(book) == raw


@pytest.mark.parametrize("name", ["v2_book_no_extensions.json", "v3_luna_full.json"])
def test_books_of_json_cards_go_out_as_they_came(cards: Path, name: str) -> None:
    raw = load(cards / name)["data"]["character_book"]
    book = read_lorebook(raw)
    assert book.entries
    assert to_book(book) == raw
    every_key = " ".join(key for entry in book.entries for key in entry.keys)
    assert texts(run(book, chat(every_key)))
