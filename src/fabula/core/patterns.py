"""People's patterns, written for JavaScript: compiled so that they mean here what they mean there, and no more."""

import re
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import regex  # type: ignore[import-untyped]  # it ships no types; `Pattern` and `Match` are the part that is used

# Every escape is met, so that none begins at the second of two backslashes.
_ESCAPE = re.compile(r"\\(?:u\{0*([0-9A-Fa-f]{1,6})\}|k<(\w+)>|.)", re.DOTALL)
# Classes are met whole, so that a bracket within one opens none; one that never closes reaches to the end.
_CLASS = re.compile(r"\\.|\[(\^?)((?:\\.|[^\]\\])*)(\]?)", re.DOTALL)
_ANYTHING, _NOTHING = r"[\s\S]", "(?!)"
# `regex` knows patterns that call themselves; JavaScript does not. No time limit bounds the memory they take.
_CALL = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]?|(\(\?(?:R|[+-]?\d|&|P>))", re.DOTALL)
# What a pattern may fail with when it is compiled.
PATTERN_ERRORS: Final = (regex.error, RecursionError, OverflowError, MemoryError, ValueError)


class Match(Protocol):
    def group(self, name: int | str = 0) -> str | None: ...


class Pattern(Protocol):
    groups: int
    groupindex: Mapping[str, int]

    def search(self, string: str, *, timeout: float, concurrent: bool) -> Match | None: ...

    def sub(
        self, repl: Callable[[Match], str], string: str, count: int, *, concurrent: bool, timeout: float
    ) -> str: ...


def compile_pattern(pattern: str, flags: int) -> Pattern:
    """A pattern of `regex`, kept nowhere; raises `PATTERN_ERRORS`.

    Search with `timeout=`: what people write may take for ever.
    """
    for found in _CALL.finditer(pattern):
        if found[1]:
            raise regex.error("a pattern cannot call itself or a group", pattern, found.start())
    compiled: Pattern = regex.compile(translate(pattern), flags, cache_pattern=False)
    return compiled


def translate(pattern: str) -> str:
    r"""Respell `\u{1F600}` (also without the flag `u`), `\k<name>`, `[^]` and `[]`; all else stays as it is."""
    return _CLASS.sub(_respell_class, _ESCAPE.sub(_respell_escape, pattern))


def _respell_escape(found: re.Match[str]) -> str:
    point, name = found.groups()
    if point is not None:
        return rf"\U{int(point, 16):08X}"
    return found[0] if name is None else f"(?P={name})"


def _respell_class(found: re.Match[str]) -> str:
    negated, body, end = found.groups()
    if body or not end:
        return found[0]
    return _ANYTHING if negated else _NOTHING
