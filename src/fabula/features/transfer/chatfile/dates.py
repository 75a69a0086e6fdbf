"""The five forms in which chat files write a time.

Epoch milliseconds · `June 19, 2023 2:20pm` · `2024-7-12@01h31m37s` · `2024-6-5 @14h 56m 50s 682ms` · ISO 8601. Three of
them were written in a local time that the file does not name; it is taken for UTC, which keeps the order within the
file, and the raw value is kept beside the message.
"""

import re
from datetime import UTC, datetime, timedelta

from fabula.core.clock import iso
from fabula.plugins import Json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1970, 9999)
# As milliseconds this is in 1973: a smaller number counts seconds.
_LEAST_MILLIS = 100_000_000_000
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FILE_NAME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2}) {0,3}@ {0,3}(\d{1,2})h {0,3}(\d{1,2})m {0,3}(\d{1,2})s(?: {0,3}(\d{1,3})ms)?",
    re.ASCII,
)
_WORDS = re.compile(
    r"([a-z]{3,9}) {1,3}(\d{1,2}), {0,3}(\d{4}) {1,3}(\d{1,2}):(\d{2}) {0,3}([ap]m)", re.ASCII | re.IGNORECASE
)
_LONGEST = 64


def read_date(value: Json) -> datetime | None:
    """The instant, in UTC; None for what is no date or lies outside the years that both databases hold."""
    try:
        found = _read(value)
    except (ValueError, OverflowError):
        return None
    return found if found is not None and found.year in _YEARS else None


def write_date(moment: datetime) -> str:
    """ISO 8601 with milliseconds, as current versions write it."""
    return iso(moment)


def _read(value: Json) -> datetime | None:
    if isinstance(value, str):
        return _from_text(value.strip()) if len(value) <= _LONGEST else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _from_number(value)


def _from_text(text: str) -> datetime:
    if text.isascii() and text.isdecimal():
        return _from_number(int(text))
    if found := _FILE_NAME.fullmatch(text):
        *whole, millis = found.groups()
        year, month, day, hour, minute, second = map(int, whole)
        return datetime(year, month, day, hour, minute, second, int(millis or 0) * 1000, tzinfo=UTC)
    if found := _WORDS.fullmatch(text):
        return _from_words(*found.groups())
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _from_number(value: float) -> datetime:
    millis = value if abs(value) >= _LEAST_MILLIS else value * 1000
    return _EPOCH + timedelta(milliseconds=millis)


def _from_words(month: str, day: str, year: str, hour: str, minute: str, half: str) -> datetime:
    hours = int(hour) % 12 + (12 if half.lower() == "pm" else 0)
    return datetime(int(year), _MONTHS.index(month[:3].lower()) + 1, int(day), hours, int(minute), tzinfo=UTC)
