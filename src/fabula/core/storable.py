"""What both databases, UTF-8 and JSON can hold."""

import math
from collections.abc import Iterable

# As deep as a card may be (`CardLimits`), and far from where writing JSON runs out of stack.
MAX_DEPTH = 100


def is_storable(text: str) -> bool:
    """Whether PostgreSQL takes it, which refuses U+0000, and UTF-8, which has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def storable(text: str) -> str:
    """Text without what cannot be stored: U+0000 is left out, half a surrogate pair becomes `?`."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def is_plain(value: object) -> bool:
    """Whether all of a JSON value, names included, can be stored and written as JSON again."""
    level = [value]
    for _ in range(MAX_DEPTH):
        if not all(map(_is_plain_itself, level)):
            return False
        level = [part for found in level for part in _parts(found)]
        if not level:
            return True
    return False


def _is_plain_itself(value: object) -> bool:
    if isinstance(value, str):
        return is_storable(value)
    return not isinstance(value, float) or math.isfinite(value)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return (*value, *value.values())
    return value if isinstance(value, list) else ()
