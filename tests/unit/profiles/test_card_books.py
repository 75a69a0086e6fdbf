"""Lorebook files and the internal book."""

import json
from pathlib import Path

import pytest

from fabula.features.profiles.cards import JsonObject, read_book
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


def test_the_world_info_of_the_cases_is_read_whole(cases: Path) -> None:
    file = (cases / "cards" / "st_worldinfo_eldoria.json").read_bytes()
    found = read_book(file)
    assert (len(entries_of(found.book)), found.report) == (4, ())
    assert found.raw == json.loads(file)


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


def test_entries_that_share_an_id_survive() -> None:
    book: Json = {"entries": [entry(id=1), entry(id=1, content="b"), entry(content="c"), entry(id="x", content="d")]}
    read = read_book(as_json(book))
    assert [item["content"] for item in entries_of(read.book)] == ["It burns oil.", "b", "c", "d"]
    native_twice: Json = {"entries": [native(uid=5), native(uid=5, content="b")]}
    again = read_book(as_json(native_twice))
    assert [item["content"] for item in entries_of(again.book)] == ["It burns oil.", "b"]
    assert [warning.code for warning in again.report] == ["duplicate_id"]


def test_the_stale_copy_of_a_book_is_left_behind() -> None:
    given: Json = {"entries": {"0": native()}, "originalData": {"entries": []}}
    read = read_book(as_json(given))
    assert "originalData" not in read.book
    assert read.raw == given


def test_a_v3_lorebook_keeps_what_it_says() -> None:
    data: Json = {"name": "n", "entries": [entry(id="a", use_regex=True)], "extensions": {"mine": 1}, "odd": 2}
    assert read_book(as_json({"spec": "lorebook_v3", "data": data})).book == data


def test_a_bare_book_is_read() -> None:
    assert len(entries_of(read_book(as_json({"entries": [entry()]})).book)) == 1


@pytest.mark.parametrize("value", [[], {}, v2(), {"spec": "lorebook_v3"}, {"spec": "lorebook_v3", "data": 3}])
def test_other_json_is_no_lorebook(value: Json) -> None:
    with pytest.raises(NotALorebook):
        read_book(as_json(value))


def test_other_text_is_damaged() -> None:
    with pytest.raises(CardDamaged):
        read_book(b"keys: lamp")
