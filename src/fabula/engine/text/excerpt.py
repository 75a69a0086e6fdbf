"""The part of a text that shows why it was found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fabula.db.dialect.fulltext import Term
from fabula.engine.text.words import Word, find_words

EXCERPT_CHARS = 240
_LEAD_CHARS = 60


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of the original text; `ranges` are [start, end) in it, in UTF-16 units, in order and apart."""

    text: str
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    term: int


def make_excerpt(texts: Sequence[str], terms: Sequence[Term]) -> Excerpt:
    """The stretch of any of `texts` that shows the most terms; where none occurs, the beginning of the first text."""
    best, best_marks, most = "", list[_Mark](), -1
    for text in texts:
        marks = list(_find_marks(find_words(text), terms))
        shown = _densest(marks)
        count = len({mark.term for mark in shown})
        if count > most:
            best, best_marks, most = text, shown, count
    start, end = _cut(best, best_marks)
    return Excerpt(best[start:end], _ranges(best, best_marks, start))


def _find_marks(words: Sequence[Word], terms: Sequence[Term]) -> Iterator[_Mark]:
    for nth, term in enumerate(terms):
        if term.is_excluded:
            continue
        size = len(term.tokens)
        for at, word in enumerate(words):
            # The first token decides for nearly all words; the rest is looked at only where it fits.
            if word.token[:1] == term.tokens[0][:1] and _stands(words[at : at + size], term):
                yield _Mark(word.start, _end(words, at + size - 1, term), nth)


def _stands(words: Sequence[Word], term: Term) -> bool:
    if len(words) < len(term.tokens):
        return False
    last, wanted = words[-1].token, term.tokens[-1]
    fits = last.startswith(wanted) if term.is_prefix else last == wanted
    return fits and all(word.token == token for word, token in zip(words[:-1], term.tokens, strict=False))


def _end(words: Sequence[Word], at: int, term: Term) -> int:
    """Where a mark ends; one character asked for is the first of a word of two, whose second begins the next word."""
    word = words[at]
    if term.is_prefix and word.east == 2:
        return max(words[at + 1].start, word.start + 1)
    return word.end


def _densest(marks: Sequence[_Mark]) -> list[_Mark]:
    """The marks that fit an excerpt together and show the most terms; of equals the first."""
    marks = sorted(marks, key=lambda mark: (mark.start, mark.end))
    best: list[_Mark] = []
    all_terms = len({mark.term for mark in marks})
    most, upto = 0, 0
    for at, first in enumerate(marks):
        if most == all_terms:
            break
        upto = max(upto, at + 1)
        while upto < len(marks) and marks[upto].end - first.start <= EXCERPT_CHARS - _LEAD_CHARS:
            upto += 1
        count = len({mark.term for mark in marks[at:upto]})
        if count > most:
            best, most = marks[at:upto], count
    return best


def _cut(text: str, marks: Sequence[_Mark]) -> tuple[int, int]:
    """The bounds of the excerpt: some text before the first mark, begun and ended between words where one is near."""
    first = marks[0].start if marks else 0
    last = max((mark.end for mark in marks), default=0)
    start = max(0, first - _LEAD_CHARS)
    if start:
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    end = min(len(text), max(start + EXCERPT_CHARS, last))
    if end < len(text):
        space = text.rfind(" ", max(last, end - _LEAD_CHARS), end)
        end = space if space > start else end
    return start, end


def _ranges(text: str, marks: Sequence[_Mark], start: int) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for mark in marks:
        if merged and mark.start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], mark.end))
        else:
            merged.append((mark.start, mark.end))
    found, at, units = [], start, 0
    for begin, stop in merged:
        units += _units(text[at:begin])
        found.append((units, units + _units(text[begin:stop])))
        at, units = stop, found[-1][1]
    return tuple(found)


def _units(text: str) -> int:
    """The length of a text in UTF-16, where characters beyond the basic plane count twice."""
    return len(text) + sum(char > "\uffff" for char in text)
