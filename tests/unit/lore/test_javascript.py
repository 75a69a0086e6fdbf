"""Patterns written for JavaScript mean here what they mean there."""

import pytest

from fabula.core.patterns import translate
from tests.unit.lore.factory import book, chat, entry, run


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("/^[^]*dragon/", "a\ndragon", True),
        ("/a[^]b/", "a\nb", True),
        ("/[^]]/", "x]", True),
        ("/[^]]/", "]x", False),
        ("/[]/", "anything", False),
        ("/dragon|[]/", "a dragon", True),
        ("/[]a]/", "a]", False),
        (r"/\u{1F600}/u", "well \U0001f600", True),
        (r"/[\u{1F600}-\u{1F64F}]/u", "well \U0001f601", True),
        (r"/[\u{5D}]x/u", "]x", True),
        (r"/\u{41}/", "A", True),
        (r"/(?<who>\w+) and \k<who>/", "I and I", True),
        (r"/(?<who>\w+) and \k<who>/", "I and you", False),
    ],
)
def test_its_own_spellings_are_understood(key: str, text: str, *, expected: bool) -> None:
    result = run(book(entry(key)), chat(text))
    assert (bool(result.fired), result.warnings) == (expected, ())


def test_with_use_regex_too() -> None:
    assert run(book(entry("a[^]b", use_regex=True)), chat("a\nb")).fired


@pytest.mark.parametrize(
    "pattern", [r"\\u{1}", r"[\]]", r"[\[\]]", r"\[]", "[[^]", r"\\k<x>", "[", "[^", "\\", "[ab\\"]
)
def test_what_only_looks_like_them_stays_as_it_is(pattern: str) -> None:
    assert translate(pattern) == pattern


def test_a_character_that_there_is_not_is_a_broken_pattern() -> None:
    result = run(book(entry(r"/\u{FFFFFF}/u")), chat("x"))
    assert result.fired == ()
    assert "broken pattern" in result.warnings[0]
