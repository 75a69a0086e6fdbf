"""JSON text to values and back, within limits, and the few operations on JSON values the codec needs."""

import json
import math
import re
from typing import cast

from fabula.features.profiles.cards.errors import CardDamaged, CardTooLarge
from fabula.features.profiles.cards.types import CardLimits, Report
from fabula.plugins import Json

# NUL is refused by PostgreSQL, a lone surrogate by UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_PADDING = "\ufeff\0 \t\r\n"


def parse_json(data: bytes, place: str, limits: CardLimits, report: Report) -> Json:
    """Parse JSON text in any Unicode encoding; raise `CardDamaged` or `CardTooLarge`, naming `place`."""
    if len(data) > limits.json:
        raise CardTooLarge(f"the JSON of {place}", limits.json)
    text = decode_text(data, place, report)
    if text.count("[") + text.count("{") + text.count(",") > limits.nodes:
        raise CardTooLarge(f"the number of JSON values in {place}", limits.nodes)
    try:
        return _load(text, place, report, strict=True)
    except json.JSONDecodeError:
        pass  # line breaks inside strings are common in hand-made cards
    except (ValueError, RecursionError) as error:
        raise _damaged(place, error) from error
    try:
        value = _load(text, place, report, strict=False)
    except (ValueError, RecursionError) as error:
        raise _damaged(place, error) from error
    report.repaired(place, "control characters stood unescaped inside JSON strings")
    return value


def decode_text(data: bytes, place: str, report: Report) -> str:
    """Decode UTF-8, or UTF-16 and UTF-32 by their pattern; bytes that are neither become U+FFFD."""
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        report.add("bad_utf8", place, "bytes that are not UTF-8 became U+FFFD")
        text = data.decode("utf-8", "replace")
    return text.strip(_PADDING)


def _load(text: str, place: str, report: Report, *, strict: bool) -> Json:
    def not_a_number(name: str) -> None:
        report.repaired(place, f"{name} is no JSON number; read as null")

    def finite(number: str) -> float | None:
        value = float(number)
        if math.isfinite(value):
            return value
        not_a_number(number[:20])
        return None

    def unite(pairs: list[tuple[str, Json]]) -> Json:
        found = dict(pairs)
        if len(found) < len(pairs):
            report.repaired(place, "a name stands twice in one JSON object; its last value is read")
        return found

    value: Json = json.loads(
        text, strict=strict, parse_constant=not_a_number, parse_float=finite, object_pairs_hook=unite
    )
    return value


def _damaged(place: str, error: Exception) -> CardDamaged:
    if isinstance(error, json.JSONDecodeError):
        several = "; more than one value (chat files hold one a line)" if error.msg == "Extra data" else ""
        reason = f"not JSON at line {error.lineno}, column {error.colno}{several}"
    else:
        reason = "its JSON is nested too deeply" if isinstance(error, RecursionError) else "it holds an endless number"
    return CardDamaged(place, reason)


def dump_json(value: Json, *, indent: int | None = None, ascii_only: bool = False) -> bytes:
    """Write UTF-8 JSON; text that UTF-8 cannot hold (lone surrogates) makes the whole ASCII with escapes."""
    separators = (",", ":") if indent is None else None
    try:
        return json.dumps(value, ensure_ascii=ascii_only, indent=indent, separators=separators).encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent, separators=separators).encode()


def canonical(value: Json) -> bytes:
    """One spelling per value: sorted keys, ASCII, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def clean_copy(value: Json, limits: CardLimits) -> Json:
    """Copy deeply, without characters no database stores and numbers JSON has no words for (null instead).

    Raises `CardTooLarge` beyond the depth limit.
    """
    return _copy(value, limits.depth, limits.depth)


def storable_copy(raw: Json, limits: CardLimits, report: Report) -> Json:
    """As `clean_copy`, for what was read from a file: what is lost on the way is reported."""
    copy = clean_copy(raw, limits)
    if not same(copy, raw):
        report.repaired("text", "NUL or halves of characters, which no database stores, became U+FFFD")
    return copy


def _copy(value: Json, left: int, depth: int) -> Json:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value) if _UNSTORABLE.search(value) else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, (dict, list)):
        return value
    if not left:
        raise CardTooLarge("the nesting of the card's JSON", depth)
    if isinstance(value, list):
        return [_copy(item, left - 1, depth) for item in value]
    return {cast("str", _copy(key, left, depth)): _copy(item, left - 1, depth) for key, item in value.items()}


def same(one: Json, other: Json) -> bool:
    """Equal as JSON values: 1 and 1.0 are, 1 and true are not (in Python they would be)."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(item, other[key]) for key, item in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and one == other
