"""Keyset paging: a cursor is the sort key of the last row, base64url JSON, opaque to clients."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from fabula.core.errors import invalid

T = TypeVar("T")
DEFAULT_LIMIT = 50
MAX_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, with the cursor of the next one or None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None


def encode_cursor(*key: str | float | None) -> str:
    """Pack a sort key."""
    raw = json.dumps(key, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(cursor: str, parts: tuple[type, ...]) -> tuple[object, ...]:
    """Unpack a sort key of the given part types; raise `InvalidInput` at `cursor` when it is not one of ours."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = json.loads(raw)
    except (binascii.Error, ValueError) as error:
        raise invalid("cursor", "not a cursor of this list; start without one") from error
    fits = isinstance(key, list) and len(key) == len(parts)
    if not fits or not all(type(value) is part for value, part in zip(key, parts, strict=True)):
        raise invalid("cursor", "not a cursor of this list; start without one")
    return tuple(key)
