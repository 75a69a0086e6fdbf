"""What people type into a search box: words that must all occur, "phrases", -words that must not, begin* of words.

Nothing typed is an error. What makes no word is left out, and an open quote ends with the text.
"""

import regex  # type: ignore[import-untyped]  # its stubs are a package of their own

from fabula.db.dialect.fulltext import Term
from fabula.engine.text.words import find_words, fold

MAX_TERMS = 32
# A shorter beginning would gather a great part of all words: it is taken for a whole word.
MIN_PREFIX_CHARS = 2

_PARTS = regex.compile(r'(?P<minus>(?<!\S)-)?(?:["“”„«»](?P<phrase>[^"“”„«»]*)["“”„«»]?|(?P<word>[^\s"“”„«»]+))')


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a query, the excluded ones last; empty when nothing is asked for."""
    terms: list[Term] = []
    for part in _PARTS.finditer(text):
        phrase, word = part.group("phrase"), part.group("word")
        written = phrase if word is None else word
        term = _term(written, is_open=word is not None and word.endswith("*"), is_excluded=bool(part.group("minus")))
        if term is not None and term not in terms:
            terms.append(term)
    terms.sort(key=lambda term: term.is_excluded)
    return tuple(terms[:MAX_TERMS]) if terms and not terms[0].is_excluded else ()


def _term(written: str, *, is_open: bool, is_excluded: bool) -> Term | None:
    """What is written together, `foo-bar` or `2.5`, is a phrase as much as what stands in quotes."""
    words = find_words(written)
    if not words:
        return None
    tokens, last = [word.token for word in words], words[-1]
    if last.east:
        # The end of a run in the query need not be one in the text.
        if len(words) > 1 and words[-2].end > last.start:
            return Term(tuple(tokens[:-1]), is_excluded=is_excluded)
        return Term(tuple(tokens), is_prefix=True, is_excluded=is_excluded)
    if is_open:
        # Of a word and its stem, what both begin with: begin* finds every word that begins so, and its other forms.
        begin = _shared(fold(written[last.start : last.end]), last.token)
        if len(begin) >= MIN_PREFIX_CHARS:
            return Term((*tokens[:-1], begin), is_prefix=True, is_excluded=is_excluded)
    return Term(tuple(tokens), is_excluded=is_excluded)


def _shared(one: str, other: str) -> str:
    """What both begin with."""
    size = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:size]
