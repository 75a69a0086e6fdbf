"""A chat file's lines as JSON objects: what parses is taken, the rest is reported with its line number."""

import json
import math
from collections.abc import Iterator

from fabula.features.transfer.types import JsonObject, Notes
from fabula.plugins import Json

MAX_LINE = 16 * 2**20
MAX_DEPTH = 100  # deeper values parse here but overflow the stack where they are stored
NO_HEADER = "no_header"
_BOM = b"\xef\xbb\xbf"
_HEADER_FIELDS = frozenset({"chat_metadata", "user_name", "character_name", "create_date"})
_MESSAGE_FIELDS = frozenset({"mes", "swipes", "is_user"})


class ChatLines:
    """Goes through a file once: `header` is known after the first object, `messages` gives (line number, message)."""

    def __init__(self, data: bytes, notes: Notes) -> None:
        self.header: JsonObject | None = None
        self._data = data
        self._notes = notes

    def messages(self) -> Iterator[tuple[int, JsonObject]]:
        is_first = True
        for number, line in _split(self._data):
            value = self._parse(number, line)
            if value is None:
                continue
            if not _MESSAGE_FIELDS.isdisjoint(value):
                if is_first:
                    self._notes.add(NO_HEADER, f"line {number}", "the file begins without its header line")
                yield number, value
            elif is_first and not _HEADER_FIELDS.isdisjoint(value):
                self.header = value
            else:
                self._notes.add("not_a_message", f"line {number}", "no message; left out")
            is_first = False

    def _parse(self, number: int, line: bytes) -> JsonObject | None:
        place = f"line {number}"
        if not line:
            # Between the lines of a file, not at its end, a blank one says that something was cut out by hand.
            self._notes.add("blank_line", place, "a blank line; skipped")
            return None
        if len(line) > MAX_LINE:
            self._notes.add("line_too_long", place, f"longer than {MAX_LINE:,} bytes; left out")
            return None
        try:
            text = line.decode()
        except UnicodeDecodeError:
            self._notes.add("bad_utf8", place, "bytes that are not UTF-8 became U+FFFD")
            text = line.decode("utf-8", "replace")
        try:
            return read_object(text)
        except (ValueError, RecursionError) as error:
            self._notes.add("broken_line", place, f"left out: {_reason(error)}")
            return None


def read_object(text: str) -> JsonObject:
    """One JSON object; raises `ValueError` or `RecursionError`. Numbers JSON has no words for become null."""
    value: Json = json.loads(text, strict=False, parse_constant=lambda _: None, parse_float=_finite)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - like every line that is not one
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(value, MAX_DEPTH)
    return value


def dump(value: Json) -> str:
    """As browsers write it: compact, and escaped only where UTF-8 cannot hold a text (lone surrogates)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def _split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers from 1, without their ends; blank ones only between others."""
    at, number = len(_BOM) if data.startswith(_BOM) else 0, 0
    blanks: list[int] = []
    while at < len(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        number += 1
        line = data[at:end].strip()
        at = end + 1
        if not line:
            blanks.append(number)
            continue
        yield from ((blank, b"") for blank in blanks)
        blanks.clear()
        yield number, line


def _finite(number: str) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None


def _check_depth(value: Json, left: int) -> None:
    if not isinstance(value, dict | list):
        return
    if not left:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    for item in value.values() if isinstance(value, dict) else value:
        _check_depth(item, left - 1)


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON at column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
