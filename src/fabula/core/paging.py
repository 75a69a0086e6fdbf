"""Keyset paging: a cursor is the sort key of the last row, base64url JSON, opaque to clients."""

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from fabula.core.errors import InvalidInput, invalid
from fabula.core.ids import is_uuid
from fabula.core.storable import is_storable


class Listed(Protocol):
    """What a list in the order of ids holds."""

    @property
    def id(self) -> str: ...


T = TypeVar("T")
L = TypeVar("L", bound=Listed)
DEFAULT_LIMIT = 50
MAX_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, with the cursor of the next one or None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None


def page_of(found: Sequence[L], limit: int) -> Page[L]:
    """A page of a list in the order of ids. `found` may have one more than `limit`: then there is a next page."""
    return Page(tuple(found[:limit]), encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def encode_cursor(*key: str | float) -> str:
    """Pack a sort key."""
    raw = json.dumps(key, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(cursor: str, parts: tuple[type, ...]) -> tuple[object, ...]:
    """Unpack a sort key of the given part types; raise `InvalidInput` when it is not one of ours.

    A part is `str`, `int`, `float`, `UUID` for an id, which stays a text, or `datetime` for an instant in ISO form.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = json.loads(raw)
        return tuple(_read(value, part) for value, part in zip(key, parts, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise foreign_cursor() from error


def decode_id(cursor: str) -> str:
    """Unpack the cursor of a list in the order of ids; raises as `decode_cursor`."""
    return str(decode_cursor(cursor, (UUID,))[0])


def foreign_cursor() -> InvalidInput:
    return invalid("query.cursor", "not a cursor of this list in this order; start without one")


def _read(value: object, part: type) -> object:
    """One part, as what it must be; raises `ValueError` or `OverflowError`."""
    if part is datetime and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    if part is UUID and isinstance(value, str) and is_uuid(value):
        return value
    if type(value) is not part or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("not of this type")
    if isinstance(value, str) and not is_storable(value):
        raise ValueError("not a text that a database holds")
    return value
