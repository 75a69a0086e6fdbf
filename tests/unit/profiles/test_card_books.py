"""Lorebook files and the internal book."""

import json
from pathlib import Path

import pytest

from fabula.features.profiles.cards import BookFormat, JsonObject, read_book, write_book
from fabula.features.profiles.cards.errors import CardDamaged, NotALorebook
from fabula.plugins import Json
from tests.unit.profiles.build import as_json, entry, v2


def native(**fields: Json) -> JsonObject:
    return {
        "uid": 0,
        "key": ["lamp"],
        "keysecondary": [],
        "comment": "",
        "content": "It burns oil.",
        "constant": False,
        "selective": True,
        "order": 100,
        "position": 0,
        "disable": False,
        **fields,
    }


def entries_of(book: JsonObject) -> list[JsonObject]:
    entries = book["entries"]
    assert isinstance(entries, list)
    return [item for item in entries if isinstance(item, dict)]


def test_the_world_info_of_the_cases_comes_out_as_it_came_in(cases: Path) -> None:
    file = (cases / "cards" / "st_worldinfo_eldoria.json").read_bytes()
    found = read_book(file)
    assert (found.format, len(entries_of(found.book)), found.report) == (BookFormat.WORLD_INFO, 4, ())
    assert json.loads(write_book(found.book, BookFormat.WORLD_INFO)) == json.loads(file)


def test_world_info_fields_become_book_fields() -> None:
    given = native(
        uid=7, position=4, disable=True, depth=3, role=1, groupWeight=50, excludeRecursion=True, brandNew="x"
    )
    read = entries_of(read_book(as_json({"entries": {"7": given}})).book)[0]
    assert (read["id"], read["keys"], read["enabled"], read["position"]) == (7, ["lamp"], False, "after_char")
    assert read["extensions"] == {
        "position": 4,
        "depth": 3,
        "role": 1,
        "group_weight": 50,
        "exclude_recursion": True,
        "brandNew": "x",
    }


def test_every_world_info_field_comes_back() -> None:
    full = native(
        position=4,
        depth=3,
        role=None,
        probability=50,
        useProbability=True,
        selectiveLogic=3,
        group="g",
        groupOverride=True,
        groupWeight=5,
        useGroupScoring=None,
        excludeRecursion=False,
        preventRecursion=True,
        delayUntilRecursion=2,
        scanDepth=None,
        caseSensitive=None,
        matchWholeWords=True,
        automationId="a",
        vectorized=False,
        sticky=1,
        cooldown=2,
        delay=None,
        displayIndex=9,
        outletName="o",
        characterFilter={"names": ["M"]},
        addMemo=True,
        use_regex=True,
    )
    given: Json = {"entries": {"0": full}, "name": "World", "ours": [1]}
    assert json.loads(write_book(read_book(as_json(given)).book, BookFormat.WORLD_INFO)) == given


def test_entries_that_share_an_id_survive_both_ways() -> None:
    book: Json = {"entries": [entry(id=1), entry(id=1, content="b"), entry(content="c"), entry(id="x", content="d")]}
    read = read_book(as_json(book))
    written = json.loads(write_book(read.book, BookFormat.WORLD_INFO))["entries"]
    assert [(key, item["uid"], item["content"]) for key, item in written.items()] == [
        ("1", 1, "It burns oil."),
        ("2", 2, "b"),
        ("3", 3, "c"),
        ("4", 4, "d"),
    ]
    native_twice: Json = {"entries": [native(uid=5), native(uid=5, content="b")]}
    again = read_book(as_json(native_twice))
    assert [item["content"] for item in entries_of(again.book)] == ["It burns oil.", "b"]
    assert [warning.code for warning in again.report] == ["duplicate_id"]


def test_the_stale_copy_of_a_book_is_left_behind() -> None:
    given: Json = {"entries": {"0": native()}, "originalData": {"entries": []}}
    read = read_book(as_json(given))
    assert "originalData" not in read.book
    assert read.raw == given


def test_a_v3_lorebook_comes_out_as_it_came_in() -> None:
    data: Json = {"name": "n", "entries": [entry(id="a", use_regex=True)], "extensions": {"mine": 1}, "odd": 2}
    given: Json = {"spec": "lorebook_v3", "data": data}
    found = read_book(as_json(given))
    assert found.format is BookFormat.V3
    assert json.loads(write_book(found.book, BookFormat.V3)) == given


def test_a_bare_book_is_read() -> None:
    found = read_book(as_json({"entries": [entry()]}))
    assert (found.format, len(entries_of(found.book))) == (BookFormat.BARE, 1)


@pytest.mark.parametrize("value", [[], {}, v2(), {"spec": "lorebook_v3"}, {"spec": "lorebook_v3", "data": 3}])
def test_other_json_is_no_lorebook(value: Json) -> None:
    with pytest.raises(NotALorebook):
        read_book(as_json(value))


def test_other_text_is_damaged() -> None:
    with pytest.raises(CardDamaged):
        read_book(b"keys: lamp")
