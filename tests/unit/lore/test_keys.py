"""Keys: what counts as an occurrence, in every script, and that patterns stay bounded."""
# ruff: noqa: RUF001 - letters of other scripts are the point here

import time
from typing import Any

import pytest

from fabula.features.lore import Expansion
from fabula.features.lore.trace import Source
from tests.unit.lore.factory import book, chat, entry, run, texts


def fires(key: str, text: str, **fields: Any) -> bool:
    return bool(run(book(entry(key, **fields)), chat(text)).fired)


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("dragon", "A DRAGON came", True),
        ("dragon", "snapdragons", True),
        ("dragon", "a dragnet", False),
        (" dragon ", "dragon", True),
        ("old king", "the old king sleeps", True),
        ("old king", "the old\nking sleeps", False),
        ("elf", "an elf", True),
        ("me", "for me", True),
        ("x", "x", True),
        ("x", "y", False),
        ("Straße", "STRASSE", True),
        ("σοφός", "ΣΟΦΟΣ", False),  # the accent is a letter of its own
        ("σοφος", "ΣΟΦΟΣ", True),
        ("МОСКВА", "в москве", False),
        ("москв", "В МОСКВЕ", True),
        ("東京", "私は東京都に住む", True),
        ("cafe\u0301", "caf\u00e9", True),
        ("\0", "nothing hidden here", False),
    ],
)
def test_a_literal_key_occurs_anywhere_regardless_of_case(key: str, text: str, *, expected: bool) -> None:
    assert fires(key, text) is expected


@pytest.mark.parametrize(("text", "expected"), [("Rose", True), ("rose", False), ("PRose Rose", True)])
def test_a_case_sensitive_key_keeps_case(text: str, *, expected: bool) -> None:
    assert fires("Rose", text, case_sensitive=True) is expected


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("cat", "a cat.", True),
        ("cat", "concatenate", False),
        ("cat", "concat cat", True),
        ("cat", "cat_food", False),
        ("cat", "cat's", True),
        ("cat", "cats", False),
        ("old king", "the old kings", False),
        ("кот", "Кот, спит", True),
        ("кот", "который", False),
        ("кот", "скот", False),
        ("東京", "私は東京都に住む", True),
        ("猫", "黒猫がいる", True),
        ("Alice", "これはAliceです", True),
        ("서울", "서울에서 왔다", True),
        ("แมว", "มีแมวดำ", True),
        ("कल", "कला", False),  # a vowel sign goes on with the word
        ("caf", "cafe\u0301", False),
    ],
)
def test_a_whole_word_key_stands_alone(key: str, text: str, *, expected: bool) -> None:
    assert fires(key, text, ext_match_whole_words=True) is expected


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        (r"/drag(?:on|oness)\b/i", "The DRAGONESS.", True),
        (r"/drag(?:on|oness)\b/", "The DRAGONESS.", False),
        (r"/^yes$/m", "no\nyes\nno", True),
        (r"/a.b/s", "a\nb", True),
        (r"/either\/or/", "either/or", True),
        ("/path/to", "see /path/to it", True),  # no such flags: a plain key
        (r"/(?<year>\d{4})/g", "in 1999", True),
    ],
)
def test_a_slashed_key_is_a_pattern_with_its_flags(key: str, text: str, *, expected: bool) -> None:
    assert fires(key, text) is expected


def test_a_broken_slashed_key_warns_and_leaves_the_other_keys_alive() -> None:
    result = run(book(entry("/(/", "dragon")), chat("a dragon"))
    assert [match.key for match in result.fired[0].matches] == ["dragon"]
    assert "'/(/'" in result.warnings[0]


@pytest.mark.parametrize("bad", ["(", "(" * 1500 + ")" * 1500, "a" * 3000])
def test_with_use_regex_one_bad_pattern_is_no_match(bad: str) -> None:
    result = run(book(entry("dragon", bad, use_regex=True)), chat("a dragon"))
    assert result.fired == ()
    assert len(result.warnings) == 1


def test_use_regex_ignores_constant_and_secondary_keys() -> None:
    fields: dict[str, Any] = {"use_regex": True, "constant": True, "selective": True, "secondary_keys": ["never"]}
    assert fires("drag.n", "a dragon", **fields)
    assert not fires("drag.n", "a wyvern", **fields)


def test_the_use_regex_sillytavern_writes_on_every_entry_means_only_slashed_keys() -> None:
    assert fires("(unclosed", "an (unclosed one", use_regex=True, ext_selectiveLogic=0, ext_position=0)


def test_patterns_of_one_scan_share_a_bounded_time() -> None:
    slow = [entry(rf"/(a|aa)+$|{i}/") for i in range(200)]
    began = time.perf_counter()
    result = run(book(*slow), chat("a" * 60 + "b"))
    assert time.perf_counter() - began < 20  # unbounded, each alone would take days
    assert result.fired == ()
    assert any("too long" in warning for warning in result.warnings)


def test_the_trace_names_the_newest_message_that_holds_the_key() -> None:
    result = run(book(entry("wyvern", "dragon"), scan_depth=9), chat("dragon", "dragon", "sky"))
    match = result.fired[0].matches[0]
    assert (match.key, match.source, match.ref) == ("dragon", Source.MESSAGE, "m1")


def test_a_key_does_not_reach_over_two_messages() -> None:
    assert not run(book(entry("onetwo")), chat("one", "two")).fired
    assert not run(book(entry("two\none")), chat("one", "two")).fired


@pytest.mark.parametrize(("depth", "expected"), [(0, []), (1, []), (2, ["text"]), (99, ["text"])])
def test_only_the_newest_messages_are_scanned(depth: int, expected: list[str]) -> None:
    assert texts(run(book(entry("dragon"), scan_depth=depth), chat("dragon", "sky"))) == expected
    assert texts(run(book(entry("dragon", ext_scan_depth=depth), scan_depth=1), chat("dragon", "sky"))) == expected


def test_two_messages_are_scanned_by_default() -> None:
    assert not run(book(entry("dragon")), chat("dragon", "sky", "sea")).fired
    assert run(book(entry("dragon")), chat("dragon", "sky")).fired


def test_opt_in_texts_are_scanned_only_by_entries_that_flag_them() -> None:
    lore = book(entry("noble", ext_match_persona_description=True), entry("noble", content="not flagged"))
    result = run(lore, chat("hello", opt_in={"persona_description": "a noble knight"}))
    assert texts(result) == ["text"]
    assert result.fired[0].matches[0].ref == "persona_description"
    assert len(run(lore, chat("hello", always={"author_note": "be noble"})).fired) == 2


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("{{char}}'s hat", "Ann's hat"),
        ("<char>'s hat", "Ann's hat"),
        ("/(?<char>Bea)/", "Bea"),
        ("/{{char}}/", "Ann"),
    ],
)
def test_macros_in_keys_are_expanded(key: str, text: str) -> None:
    def expand(raw: str) -> Expansion:
        return Expansion(raw.replace("{{char}}", "Ann").replace("<char>", "Ann"))

    assert run(book(entry(key)), chat(text), expand=expand).fired
