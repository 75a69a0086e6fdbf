"""Column types that mean the same on both databases."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _dumps(value: object) -> str:
    text = _encode(value)
    # JSON may hold lone surrogates (cards do), which UTF-8 cannot. U+0000 is escaped either way.
    if not _is_encodable(text):
        return json.dumps(value, separators=(",", ":"))
    return text


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _loads(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # a lone surrogate, a number beyond 64 bits: rare, and several times slower
        return json.loads(text)


class JsonText(TypeDecorator[Any]):
    """Any JSON value, kept as text: order, large numbers and duplicates of meaning survive, unlike in JSONB."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: sa.Dialect) -> str | None:
        return None if value is None else _dumps(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> object:
        return None if value is None else _loads(value)


class UtcTime(TypeDecorator[datetime]):
    """An instant. PostgreSQL: timestamptz. SQLite: RFC 3339 text in UTC with microseconds, which sorts as time."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[datetime | None], Any] | None:
        process = super().bind_processor(dialect)
        # A transaction has one now, and writes it dozens of times.
        return process and lru_cache(maxsize=32)(process)

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
