"""The analyser: what counts as the same word, and where the words of a text stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.engine.text.words import MAX_CHARS, MAX_WORD_CHARS, MAX_WORDS, find_tokens, find_words

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("aЁ日カｶﾞ한 '-.\u0301\u3099🙂"), max_size=60)


@pytest.mark.parametrize(
    "forms",
    [
        ("dragon", "Dragons", "DRAGON", "".join(chr(ord(char) + 0xFEE0) for char in "dragon")),
        ("run", "running", "Runs"),
        ("café", "cafe", "CAFE\u0301"),
        ("ёлка", "елки", "ЁЛКОЙ"),
        ("дракон", "драконами", "ДРАКОНЫ"),
        ("strasse", "Straße", "STRASSE"),
        ("パ", "ﾊﾟ", "ハ\u309a"),
        ("가", "\u1100\u1161"),
    ],
)
def test_forms_of_a_word_are_one_token(forms: tuple[str, ...]) -> None:
    assert len({tuple(find_tokens(form)) for form in forms}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("cat", "dog"), ("йод", "иод"), ("日本", "本日"), ("ば", "は"), ("gpt3", "gpt4")]
)
def test_different_words_are_different_tokens(one: str, other: str) -> None:
    assert find_tokens(one) != find_tokens(other)


def test_each_character_of_a_run_begins_a_word() -> None:
    assert [(word.token, word.start, word.end, word.east) for word in find_words("GPT日本語ok")] == [
        ("gpt", 0, 3, 0),
        ("日本", 3, 5, 2),
        ("本語", 4, 6, 2),
        ("語", 5, 6, 1),
        ("ok", 6, 8, 0),
    ]


def test_half_width_characters_keep_their_places() -> None:
    assert [(word.token, word.start, word.end) for word in find_words("ｶﾞｶ")] == [("ガカ", 0, 3), ("カ", 2, 3)]


def test_sizes_are_bounded() -> None:
    assert find_tokens("a" * 1000) == find_tokens("a" * 900) == ["a" * MAX_WORD_CHARS]
    assert len(find_tokens("word " * MAX_CHARS)) == MAX_WORDS
    assert len(find_tokens("日" * MAX_CHARS)) == MAX_WORDS
    assert find_tokens("." * MAX_CHARS + "late") == []
    assert len(find_tokens("日" + "\u0301" * 1000)[0]) <= MAX_WORD_CHARS


@given(TEXTS | st.text(st.characters(max_codepoint=127), max_size=200))
def test_tokens_are_those_of_the_words(text: str) -> None:
    assert find_tokens(text) == [word.token for word in find_words(text)]


@given(TEXTS)
def test_words_stand_in_the_text_in_order(text: str) -> None:
    words = find_words(text)
    assert all(0 <= word.start < word.end <= len(text) for word in words)
    assert [word.start for word in words] == sorted(word.start for word in words)


@given(TEXTS)
def test_tokens_are_whole_for_both_databases(text: str) -> None:
    for token in find_tokens(text):
        assert token
        assert not set(token) & set(" \t\n\"'*()&|!:<>^+-\\\x00")
        assert not token.startswith("\u017f")
