"""The analyser: the words of a text in the form they are searched by, each with its place in the text.

Case, width and compatibility forms are folded (NFKC), the Russian yo counts as ye, accents of Latin letters go. Latin words are stemmed as
English, Cyrillic ones as Russian. Chinese, Japanese and Korean have no spaces to split at, or words whose ends change:
each character begins a word of two, the last of a run a word of one, so that words of a run overlap by one character,
and any part of a run is a phrase of such words.

The very same function reads what is stored and what is asked for; that is what makes them meet.
"""

import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import regex  # type: ignore[import-untyped]  # its stubs are a package of their own
from Stemmer import Stemmer

# What of a text can be found. PostgreSQL refuses more than a megabyte of tokens: so many, of four-byte letters, fit.
MAX_CHARS = 100_000
MAX_WORDS = 7_500
# Longer words are cut, and meet others that begin alike; written, twice as long ones, for folding may shorten them.
MAX_WORD_CHARS = 32
_MAX_WRITTEN = 2 * MAX_WORD_CHARS

_EAST = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\u30fc\uff70\uff9e\uff9f"
_RUNS = regex.compile(
    rf"([[{_EAST}]--\p{{M}}][{_EAST}\p{{M}}]*)"
    rf"|([[\p{{L}}\p{{N}}]--[{_EAST}]][[\p{{L}}\p{{N}}\p{{M}}]--[{_EAST}]]{{0,63}})[[\p{{L}}\p{{N}}\p{{M}}]--[{_EAST}]]*",
    regex.V1,
)
_ASCII = str.maketrans({char: char.lower() if char.isalnum() else " " for char in map(chr, range(128))})
_NOT_WORDS = regex.compile(r"[^\p{L}\p{N}\p{M}]+")
_CLUSTERS = regex.compile(r"\X")
# A character with its marks; more than a few are no writing.
_CHARACTERS = regex.compile(r"(\P{M}\p{M}{0,3})\p{M}*")
_CYRILLIC = regex.compile(r"\p{Cyrillic}")
_LATIN = regex.compile(r"\p{Latin}")
_ACCENTS = regex.compile("[\u0300-\u036f]+")


class Word(NamedTuple):
    """One word: the token it is found by, and where it stands in the text, in characters.

    `east` is the number of characters of a Chinese, Japanese or Korean word, 0 for any other. A tuple, for texts have
    thousands.
    """

    token: str
    start: int
    end: int
    east: int = 0


class _Stemmers(threading.local):
    """A stemmer must not be used by two threads at once."""

    def __init__(self) -> None:
        self.english = Stemmer("english")
        self.russian = Stemmer("russian")


_stemmers = _Stemmers()


def find_words(text: str) -> list[Word]:
    """The words of a text, in order; no more than `MAX_WORDS`, of no more than its first `MAX_CHARS` characters."""
    words: list[Word] = []
    for run in _RUNS.finditer(text, 0, MAX_CHARS):
        east, west = run.groups()
        if east:
            words += _pairs(east, run.start())
        elif token := token_of(west):
            words.append(Word(token, run.start(), run.end()))
        if len(words) >= MAX_WORDS:
            break
    return words[:MAX_WORDS]


def find_tokens(text: str) -> list[str]:
    """The tokens of `find_words`, in a half of the time, or an eighth for ASCII: whoever writes to the index holds up other writers."""
    if text.isascii():
        words = text[:MAX_CHARS].translate(_ASCII).split()
        return [token_of(word[:_MAX_WRITTEN]) for word in words[:MAX_WORDS]]
    tokens: list[str] = []
    for east, west in _RUNS.findall(text, 0, MAX_CHARS):
        if east:
            tokens += [word.token for word in _pairs(east, 0)]
        elif token := token_of(west):
            tokens.append(token)
        if len(tokens) >= MAX_WORDS:
            break
    return tokens[:MAX_WORDS]


@lru_cache(maxsize=20_000)
def token_of(written: str) -> str:
    """What a written word, not of the East, is found by: folded, without its ending, and not too long."""
    folded = fold(written)
    if folded.isascii() or _LATIN.match(folded):
        folded = _stemmers.english.stemWord(folded)
    elif _CYRILLIC.match(folded):
        folded = _stemmers.russian.stemWord(folded)
    return folded[:MAX_WORD_CHARS]


def fold(written: str) -> str:
    """Written characters without what does not tell words apart."""
    if written.isascii():
        return written.lower()
    # Folding case may undo a normal form, so that one comes last, too.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", written).casefold()).replace(
        "\u0451", "\u0435"
    )
    if _LATIN.match(folded):
        folded = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
    return str(_NOT_WORDS.sub("", folded))


def _pairs(run: str, start: int) -> list[Word]:
    """A run of `n` characters as `n` words: each character with the one after it, the last one alone."""
    chars = list(_characters(run, start))
    words = [Word(first + second, begin, end, 2) for (first, begin, _), (second, _, end) in pairwise(chars)]
    if chars:
        last, begin, end = chars[-1]
        words.append(Word(last, begin, end, 1))
    return words


def _characters(run: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The folded characters of a run, each with its place in the text: half-width ones may take two."""
    for cluster in _CLUSTERS.finditer(run):
        for char in _CHARACTERS.findall(fold(cluster.group())):
            yield char, start + cluster.start(), start + cluster.end()
