"""Patterns are written for JavaScript: what it spells in a way that `regex` refuses or reads otherwise."""

import re

# Every escape is met, so that none begins at the second of two backslashes.
_ESCAPE = re.compile(r"\\(?:u\{0*([0-9A-Fa-f]{1,6})\}|k<(\w+)>|.)", re.DOTALL)
# Classes are met whole, so that a bracket within one opens none; one that never closes reaches to the end.
_CLASS = re.compile(r"\\.|\[(\^?)((?:\\.|[^\]\\])*)(\]?)", re.DOTALL)
_ANYTHING, _NOTHING = r"[\s\S]", "(?!)"


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
