"""Excerpts: original text around what was found, with ranges as JavaScript counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.engine.text import Excerpt, make_excerpt, parse
from fabula.engine.text.excerpt import EXCERPT_CHARS


def marked(excerpt: Excerpt) -> list[str]:
    units = excerpt.text.encode("utf-16-le")
    return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in excerpt.ranges]


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("dragon", "Two Dragons, one DRAGON.", ["Dragons", "DRAGON"]),
        ("dragon", "🐉🐉 dragon 🐉", ["dragon"]),
        ('"old castle"', "An old castle; old.", ["old castle"]),
        ("old castle", "An old, old castle", ["old", "old", "castle"]),
        ("dra*", "A drake and a dragon", ["drake", "dragon"]),
        ("дракон", "Увидел дракона 🙂 и драконов", ["дракона", "драконов"]),
        ("日本語", "これは日本語です", ["日本語"]),
        ("本", "日本語の本", ["本", "本"]),
        ("ガ", "𠮷ｶﾞｶ", ["ｶﾞ"]),
        ("cafe", "Le cafe\u0301 noir", ["cafe\u0301"]),
        ("one -two", "one two", ["one"]),
        ("gone", "nothing of it", []),
    ],
)
def test_what_was_found_is_marked(query: str, text: str, found: list[str]) -> None:
    excerpt = make_excerpt([text], parse(query))
    assert (excerpt.text, marked(excerpt)) == (text, found)


def test_a_long_text_is_cut_around_the_place_with_most_of_the_terms() -> None:
    text = f"{'castle ' * 50}{'filler ' * 200}the dragon of the castle sleeps {'filler ' * 200}"
    excerpt = make_excerpt([text], parse("dragon castle"))
    assert marked(excerpt) == ["dragon", "castle"]
    assert excerpt.text in text
    assert len(excerpt.text) <= EXCERPT_CHARS
    assert excerpt.text.startswith("filler")


def test_the_text_that_shows_most_is_chosen() -> None:
    texts = ["The dragon", "A dragon and a castle", "castle"]
    assert make_excerpt(texts, parse("castle dragon")).text == texts[1]
    assert make_excerpt(texts, parse("nobody")).text == texts[0]
    assert make_excerpt([], parse("nobody")) == Excerpt("", ())


@given(st.lists(st.sampled_from(["dragon", "日本", "🐉", "本", "castle,", "ж", "\n", "x" * 300, "a"]), max_size=120))
def test_ranges_are_apart_and_inside_the_excerpt(parts: list[str]) -> None:
    text = " ".join(parts)
    excerpt = make_excerpt([text], parse("dragon 本 castle xx*"))
    assert excerpt.text in text
    size = len(excerpt.text.encode("utf-16-le")) // 2
    flat = [bound for bounds in excerpt.ranges for bound in bounds]
    assert flat == sorted(flat)
    assert all(start < end <= size for start, end in excerpt.ranges)
    assert bool(excerpt.ranges) == any(word in text for word in ("dragon", "本", "castle", "x"))
