"""Keys, compiled once, and the text they are looked for in.

Literal keys and texts are NFC and, unless case matters, case-folded. Before a key is searched, the pieces of its
words, four letters long where they are that long, must all occur in the text: one set lookup each, which spares
nearly all searches of a large book. A key is a regular expression when written `/pattern/flags`, or when its entry
says so (V3 `use_regex`).
"""

import time
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

import regex  # type: ignore[import-untyped]  # it ships no types

from fabula.core.patterns import PATTERN_ERRORS, Pattern, compile_pattern
from fabula.features.lore.trace import Match, Source
from fabula.features.lore.words import find_word

REGEX_SECONDS_PER_SCAN = 0.25  # compiling included; what is compiled is kept for later scans
REGEX_SECONDS_PER_SEARCH = 0.02
MAX_PATTERN = 2000
_OUT_OF_TIME = "was not tried: the patterns of this scan took too long together"
_GRAM_SIZES = (4, 3, 2)
_MAX_GRAMS = 8
_SEPARATOR = "\0"  # in no message (PostgreSQL stores none) and in no word
_SLASHED = regex.compile(r"/((?:[^/\\]|\\.)+)/([dgimsuvy]*)", regex.DOTALL)
_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL}


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """One key: `literal` with its `grams` of one size, or `pattern` and its flags, compiled when first searched."""

    text: str
    literal: str = ""
    gram_size: int = 1
    grams: tuple[str, ...] = ()
    folded: bool = False
    whole: bool = False
    pattern: str | None = None
    flags: int = 0


@lru_cache(maxsize=8192)
def compile_keys(
    texts: tuple[str, ...], *, case_sensitive: bool = False, whole: bool = False, is_pattern: bool = False
) -> tuple[Key, ...]:
    """Make the keys of one entry ready to be looked for."""
    return tuple(_compile_key(text, case_sensitive, whole, is_pattern) for text in texts)


def _compile_key(text: str, case_sensitive: bool, whole: bool, is_pattern: bool) -> Key:
    slashed = _SLASHED.fullmatch(text) if text.startswith("/") else None
    if slashed is not None:
        flags = sum({_FLAGS[letter] for letter in slashed[2] if letter in _FLAGS})
        return Key(text, pattern=slashed[1].replace("\\/", "/"), flags=flags)
    if is_pattern:
        return Key(text, pattern=text, flags=0 if case_sensitive else regex.IGNORECASE)
    literal = "" if _SEPARATOR in text else normalise(text.strip(), fold=not case_sensitive)
    words = literal.split()
    size = next((size for size in _GRAM_SIZES if size <= max(map(len, words), default=0)), 1)
    grams = tuple(sorted(_list_grams(words, size)))[:_MAX_GRAMS]
    return Key(text, literal, size, grams, folded=not case_sensitive, whole=whole)


@lru_cache(maxsize=4096)
def _compile_pattern(pattern: str, flags: int) -> Pattern | str:
    """The compiled pattern, or what is wrong with it, as the end of a warning."""
    if len(pattern) > MAX_PATTERN:
        return f"is a pattern longer than {MAX_PATTERN} characters"
    try:
        return compile_pattern(pattern, flags)
    except PATTERN_ERRORS as error:
        return f"is a broken pattern: {error}"


def normalise(text: str, *, fold: bool) -> str:
    """NFC, and with `fold` also case-folded (`ß` = `ss`, final and inner sigma are one)."""
    text = unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", text.casefold()) if fold else text


def _list_grams(words: Iterable[str], size: int) -> set[str]:
    return {word[i : i + size] for word in words for i in range(len(word) - size + 1)}


class Stopwatch:
    """Time left for the regular expressions of one scan, and what went wrong with them."""

    def __init__(self, seconds: float = REGEX_SECONDS_PER_SCAN) -> None:
        self._left = seconds
        self.warnings: dict[str, None] = {}

    def is_broken(self, key: Key) -> bool:
        """Tell whether `key` is a pattern that cannot be used."""
        return key.pattern is not None and self._run(key, None) is None

    def search(self, key: Key, text: str) -> bool:
        """Search within the time left; what is broken or runs out of it does not match and leaves a warning."""
        return self._run(key, text) is True

    def _run(self, key: Key, text: str | None) -> bool | None:
        """Compile, and search unless `text` is None; answers None when either could not be done."""
        began = time.monotonic()
        try:
            compiled = _compile_pattern(key.pattern or "", key.flags) if self._left > 0 else _OUT_OF_TIME
            if isinstance(compiled, str):
                self._warn(key, compiled)
                return None
            limit = max(0.001, min(self._left, REGEX_SECONDS_PER_SEARCH))
            return text is not None and compiled.search(text, timeout=limit, concurrent=True) is not None
        except TimeoutError:
            self._warn(key, "took too long and counts as no match")
            return None
        finally:
            self._left -= time.monotonic() - began

    def _warn(self, key: Key, what: str) -> None:
        self.warnings[f"key {key.text!r} {what}"] = None


@dataclass(frozen=True, slots=True)
class Segment:
    """One text that is scanned, and what it is."""

    source: Source
    ref: str
    text: str


class _Joined:
    """All segments in one normal form, joined, with where each begins."""

    def __init__(self, segments: tuple[Segment, ...], *, fold: bool) -> None:
        texts = [normalise(segment.text, fold=fold) for segment in segments]
        self._text = _SEPARATOR.join(texts)
        self._starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
        self._words = {word for text in texts for word in text.split()}
        self._grams: dict[int, set[str]] = {}

    def may_hold(self, key: Key) -> bool:
        """Answer False when some piece of `key` occurs nowhere."""
        grams = self._grams.get(key.gram_size)
        if grams is None:
            grams = self._grams[key.gram_size] = _list_grams(self._words, key.gram_size)
        return grams.issuperset(key.grams)

    def find(self, key: Key) -> int | None:
        """Index of the first segment that holds `key`."""
        if not key.literal:
            return None
        at = find_word(self._text, key.literal) if key.whole else self._text.find(key.literal)
        return None if at < 0 else bisect_right(self._starts, at) - 1


class Haystack:
    """Texts a key is looked for in, the most telling first. What took a search is remembered."""

    def __init__(self, segments: tuple[Segment, ...], stopwatch: Stopwatch) -> None:
        self._segments = segments
        self._stopwatch = stopwatch
        self._known: dict[Key, Match | None] = {}

    @cached_property
    def _folded(self) -> _Joined:
        return _Joined(self._segments, fold=True)

    @cached_property
    def _exact(self) -> _Joined:
        return _Joined(self._segments, fold=False)

    def find(self, key: Key) -> Match | None:
        """The first segment that holds `key`, as a `Match`."""
        if key.grams and not (self._folded if key.folded else self._exact).may_hold(key):
            return None
        if key not in self._known:
            at = self._search(key)
            segment = None if at is None else self._segments[at]
            self._known[key] = None if segment is None else Match(key.text, segment.source, segment.ref)
        return self._known[key]

    def _search(self, key: Key) -> int | None:
        if key.pattern is None:
            return (self._folded if key.folded else self._exact).find(key)
        return next((i for i, s in enumerate(self._segments) if self._stopwatch.search(key, s.text)), None)
