"""Books of every family, read leniently and written without loss."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from fabula.features.lore import Position
from fabula.features.lore.books import read_lorebook, to_book, to_st
from fabula.features.lore.types import Logic, LoreEntry, LoreRole
from fabula.plugins import Json

V3_ENTRY: dict[str, Any] = {
    "keys": ["sea"],
    "content": "salt",
    "enabled": True,
    "insertion_order": 3,
    "use_regex": False,
    "priority": 7,
    "x_vendor": {"a": 1},
    "extensions": {"vendor": [1, 2], "depth": 2, "automation_id": "auto"},
}
V3_BOOK: dict[str, Any] = {
    "name": "Coast",
    "scan_depth": "40",
    "token_budget": "500",
    "recursive_scanning": True,
    "x_unknown": [None],
    "extensions": {"vendor": 1},
    "entries": [V3_ENTRY],
}
ST_ENTRY: dict[str, Any] = {
    "uid": 4,
    "key": ["sea"],
    "keysecondary": ["salt"],
    "comment": "note",
    "content": "water",
    "constant": True,
    "selective": True,
    "selectiveLogic": 3,
    "order": 55,
    "position": 4,
    "depth": 2,
    "role": 1,
    "disable": True,
    "probability": 40,
    "useProbability": True,
    "group": "g",
    "groupOverride": True,
    "groupWeight": 20,
    "useGroupScoring": True,
    "scanDepth": 6,
    "caseSensitive": True,
    "matchWholeWords": True,
    "excludeRecursion": True,
    "preventRecursion": True,
    "delayUntilRecursion": 2,
    "sticky": 3,
    "cooldown": 4,
    "delay": 5,
    "outletName": "gate",
    "ignoreBudget": True,
    "triggers": ["swipe"],
    "matchScenario": True,
    "automationId": "auto",
    "displayIndex": 9,
    "addMemo": True,
    "characterFilter": {"isExclude": False, "names": ["a"], "tags": []},
}
ST_BOOK: dict[str, Any] = {"entries": {"4": ST_ENTRY}, "x_unknown": 1}


def only(raw: Any) -> LoreEntry:
    (found,) = entries_of({"entries": [raw]})
    return found


def values(entry: LoreEntry) -> LoreEntry:
    return replace(entry, raw={}, id="")


def entries_of(raw: Any) -> tuple[LoreEntry, ...]:
    return read_lorebook(raw).entries


def test_a_sillytavern_entry_is_read_whole() -> None:
    (entry,) = read_lorebook(ST_BOOK).entries
    assert values(entry) == LoreEntry(
        id="",
        keys=("sea",),
        secondary_keys=("salt",),
        selective=True,
        logic=Logic.AND_ALL,
        content="water",
        comment="note",
        enabled=False,
        constant=True,
        insertion_order=55,
        position=Position.AT_DEPTH,
        depth=2,
        role=LoreRole.USER,
        outlet="gate",
        probability=40,
        group="g",
        group_weight=20,
        group_override=True,
        use_group_scoring=True,
        scan_depth=6,
        case_sensitive=True,
        match_whole_words=True,
        exclude_recursion=True,
        prevent_recursion=True,
        delay_until_recursion=2,
        sticky=3,
        cooldown=4,
        delay=5,
        ignore_budget=True,
        triggers=("swipe",),
        scan_sources=("scenario",),
    )


def test_a_book_is_read_with_its_settings() -> None:
    book = read_lorebook(V3_BOOK, "coast")
    assert (book.id, book.name, book.scan_depth, book.token_budget, book.recursive) == ("coast", "Coast", 40, 500, True)
    assert book.entries[0].extensions["vendor"] == [1, 2]
    assert (book.entries[0].priority, book.entries[0].depth) == (7, 2)


def test_a_file_of_its_own_is_unwrapped() -> None:
    assert read_lorebook({"spec": "lorebook_v3", "data": V3_BOOK}) == read_lorebook(V3_BOOK)


@pytest.mark.parametrize(
    ("raw", "field", "expected"),
    [
        ({"keys": "a, b,,c"}, "keys", ("a", "b", "c")),
        ({"keys": ["", " ", "a,b", 7, None]}, "keys", ("a,b", "7")),
        ({"keys": None}, "keys", ()),
        ({"key": ["a"]}, "keys", ("a",)),
        ({"secondary_keys": "x,y"}, "secondary_keys", ("x", "y")),
        ({"insertion_order": None}, "insertion_order", 100),
        ({"insertion_order": "40"}, "insertion_order", 40),
        ({"insertion_order": 1.5}, "insertion_order", 1.5),
        ({"insertion_order": 1e400}, "insertion_order", 100),
        ({"insertion_order": float("nan")}, "insertion_order", 100),
        ({"insertion_order": 10**400}, "insertion_order", 100),
        ({"insertion_order": True}, "insertion_order", 100),
        ({"order": 5}, "insertion_order", 5),
        ({"enabled": None}, "enabled", True),
        ({"enabled": "false"}, "enabled", False),
        ({"enabled": 0}, "enabled", False),
        ({"disable": True}, "enabled", False),
        ({"constant": None}, "constant", False),
        ({"content": None}, "content", ""),
        ({"content": 12}, "content", "12"),
        ({"position": 1}, "position", Position.AFTER_CHAR),
        ({"position": "after_char"}, "position", Position.AFTER_CHAR),
        ({"position": "in_chat"}, "position", Position.AT_DEPTH),
        ({"position": ""}, "position", Position.BEFORE_CHAR),
        ({"position": 99}, "position", Position.BEFORE_CHAR),
        ({"position": "after_char", "extensions": {"position": 7}}, "position", Position.OUTLET),
        ({"position": "after_char", "extensions": {"position": ""}}, "position", Position.AFTER_CHAR),
        ({"extensions": {"delay_until_recursion": True}}, "delay_until_recursion", 1),
        ({"extensions": {"delay_until_recursion": "3"}}, "delay_until_recursion", 3),
        ({"extensions": {"probability": 250}}, "probability", 100),
        ({"extensions": {"sticky": -4}}, "sticky", 0),
        ({"extensions": {"role": "assistant"}}, "role", LoreRole.ASSISTANT),
        ({"extensions": {"role": 9}}, "role", LoreRole.SYSTEM),
        ({"extensions": None}, "depth", 4),
        ({"extensions": []}, "depth", 4),
        ({"case_sensitive": None, "extensions": {"case_sensitive": True}}, "case_sensitive", True),
        ({"use_regex": True}, "use_regex", True),
        ({"use_regex": True, "extensions": {"display_index": 1}}, "use_regex", False),
    ],
)
def test_loose_values_are_read_as_meant(raw: dict[str, Any], field: str, expected: object) -> None:
    assert getattr(only(raw), field) == expected


@pytest.mark.parametrize(
    "raw", [None, [], "book", 3, {}, {"entries": None}, {"entries": "x"}, {"entries": [None, 3, []]}]
)
def test_what_is_no_book_is_an_empty_one(raw: Any) -> None:
    assert entries_of(raw) == ()


@pytest.mark.parametrize("entries", [[V3_ENTRY, V3_ENTRY], {"a": V3_ENTRY, "b": V3_ENTRY}])
def test_entries_may_be_a_list_or_an_object(entries: Any) -> None:
    assert [entry.keys for entry in entries_of({"entries": entries})] == [("sea",), ("sea",)]


def test_entries_with_one_id_both_survive() -> None:
    twins: Any = [V3_ENTRY | {"id": 1, "content": "a"}, V3_ENTRY | {"id": "1", "content": "b"}]
    book = read_lorebook({"entries": twins})
    assert [(entry.id, entry.content) for entry in book.entries] == [("1", "a"), ("1~2", "b")]
    assert [entry["id"] for entry in _list(to_book(replace(book, name="edited")))] == [1, "1"]
    assert [entry["content"] for entry in _members(to_st(book)).values()] == ["a", "b"]


def _list(raw: dict[str, Any]) -> list[dict[str, Any]]:
    return list(raw["entries"])


def _members(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(raw["entries"])


GARBAGE_INSIDE = {"entries": {"0": V3_ENTRY, "1": None, "2": "x"}, "scan_depth": None}


@pytest.mark.parametrize("raw", [V3_BOOK, GARBAGE_INSIDE, {"entries": []}])
def test_an_unedited_book_goes_out_as_it_came(raw: dict[str, Any]) -> None:
    before = copy.deepcopy(raw)
    assert to_book(read_lorebook(raw)) == before == raw


def test_an_unedited_world_info_goes_out_as_it_came() -> None:
    before = copy.deepcopy(ST_BOOK)
    assert to_st(read_lorebook(ST_BOOK)) == before == ST_BOOK


def test_an_edit_touches_only_its_field() -> None:
    book = read_lorebook(V3_BOOK)
    edited = replace(book, entries=(replace(book.entries[0], content="brine", position=Position.NOTE_TOP),))
    extensions = V3_ENTRY["extensions"] | {"position": 2}
    wanted = V3_ENTRY | {"content": "brine", "position": "after_char", "extensions": extensions}
    assert to_book(edited) == V3_BOOK | {"entries": [wanted]}


def test_an_edited_loose_spelling_is_replaced_by_the_specified_one() -> None:
    book = read_lorebook({"entries": [{"keys": ["a"], "order": 3, "content": ""}]})
    written = to_book(replace(book, entries=(replace(book.entries[0], insertion_order=4),)))
    assert written["entries"] == [{"keys": ["a"], "insertion_order": 4, "content": ""}]


def test_settings_are_laid_over_too() -> None:
    written = to_book(replace(read_lorebook(V3_BOOK), name="Shore", token_budget=None))
    assert written == {k: v for k, v in V3_BOOK.items() if k != "token_budget"} | {"name": "Shore"}


def test_world_info_becomes_a_book_and_loses_nothing() -> None:
    book = read_lorebook(ST_BOOK)
    written = to_book(book)
    (entry,) = _list(written)
    assert (entry["id"], entry["keys"], entry["enabled"], entry["insertion_order"]) == (4, ["sea"], False, 55)
    assert (entry["position"], entry["extensions"]["position"]) == ("after_char", 4)
    assert (entry["extensions"]["automation_id"], entry["extensions"]["display_index"]) == ("auto", 9)
    assert (entry["addMemo"], entry["characterFilter"]) == (True, ST_ENTRY["characterFilter"])
    again = read_lorebook(written)
    assert [values(e) for e in again.entries] == [values(e) for e in book.entries]
    assert ST_ENTRY.items() <= _members(to_st(again))["4"].items()


def test_a_book_becomes_world_info_and_loses_nothing() -> None:
    book = read_lorebook(V3_BOOK)
    written = to_st(book)
    entry = _members(written)["0"]
    assert (entry["uid"], entry["key"], entry["disable"], entry["order"]) == (0, ["sea"], False, 3)
    assert (entry["x_vendor"], entry["extensions"], entry["automationId"]) == ({"a": 1}, {"vendor": [1, 2]}, "auto")
    back = to_book(read_lorebook(written))
    assert (back["name"], back["x_unknown"]) == ("Coast", [None])
    restored = _list(back)[0]
    assert V3_ENTRY["extensions"].items() <= restored["extensions"].items()
    assert {k: v for k, v in V3_ENTRY.items() if k != "extensions"}.items() <= restored.items()


def test_patterns_survive_sillytaverns_marks() -> None:
    book = read_lorebook({"entries": [{"keys": ["a.c"], "use_regex": True}]})
    edited = replace(book, entries=(replace(book.entries[0], logic=Logic.NOT_ANY),))
    assert entries_of(to_book(edited))[0].use_regex
    assert entries_of(to_book(read_lorebook(to_st(edited))))[0].use_regex


def test_the_copy_sillytavern_exports_follows_the_edit() -> None:
    book = read_lorebook(ST_BOOK | {"originalData": {"entries": [{"content": "stale"}]}})
    edited = replace(book, entries=(replace(book.entries[0], content="fresh"),))
    original = to_st(edited)["originalData"]
    assert isinstance(original, dict)
    assert entries_of(original)[0].content == "fresh"


def test_an_entry_made_here_is_written_for_both() -> None:
    book = replace(read_lorebook({}), entries=(LoreEntry("0190-uuid", keys=("a",), scan_sources=("scenario",)),))
    assert values(entries_of(to_book(book))[0]) == values(book.entries[0])
    assert values(entries_of(to_st(book))[0]) == values(book.entries[0])


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([{"uid": 3, "key": ["a"], "content": "A"}], id="a list of SillyTavern's"),
        pytest.param({"0": {"uid": 0, "key": ["a"]}, "1": {"keys": ["b"]}}, id="both in one object"),
        pytest.param([{"keys": ["a"]}, {"uid": 1, "key": ["b"]}], id="both in one list"),
    ],
)
def test_a_book_is_written_in_the_names_of_its_family(entries: Json) -> None:
    book = read_lorebook({"name": "B", "entries": entries})
    written = to_book(book)["entries"]
    assert isinstance(written, list)
    assert [entry["keys"] for entry in written if isinstance(entry, dict)] == [list(e.keys) for e in book.entries]
    assert not any(isinstance(entry, dict) and "key" in entry for entry in written)
