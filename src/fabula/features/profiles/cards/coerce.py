"""Lenient readings of single JSON values: each keeps the meaning if there is one, and reports what it did.

A reading that returns None found no value; the caller then leaves the field out or takes its default.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from fabula.features.profiles.cards.types import JsonObject, Report
from fabula.plugins import Json

Reading: TypeAlias = Callable[[Json, str, Report], Json]

_NUMBER = re.compile(r"\s*[-+]?[0-9]{1,18}(\.[0-9]{1,18})?\s*")
_LATEST_SECONDS = 100_000_000_000  # the year 5138; a larger date counts milliseconds or less
_LARGEST = 2**63  # nothing in a card means more, and larger integers break floats and databases
_DEPTH_PROMPT_DEPTH = 4  # what SillyTavern takes when a card gives none
_ROLES = ("system", "user", "assistant")


def text(value: Json, path: str, report: Report) -> str | None:
    if isinstance(value, str):
        return value
    if value is None:
        report.repaired(path, "null where text belongs")
        return None
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        report.repaired(path, "a list of lines where text belongs; joined")
        return "\n".join(str(line) for line in value)
    if isinstance(value, (list, dict)):
        report.dropped(path, "a list or object where text belongs")
        return None
    report.repaired(path, "a number or boolean where text belongs")
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts(value: Json, path: str, report: Report) -> list[Json] | None:
    """A list of texts; one text alone is a list of one, as SillyTavern reads it."""
    if value is None:
        report.repaired(path, "null where a list of texts belongs")
        return None
    if isinstance(value, dict):
        report.repaired(path, "an object where a list belongs; its values are read")
        value = list(value.values())
    if not isinstance(value, list):
        report.repaired(path, "one value where a list belongs")
        value = [value] if value != "" else []
    items = (item if isinstance(item, str) else text(item, f"{path}[{n}]", report) for n, item in enumerate(value))
    return [item for item in items if item is not None]


def words(value: Json, path: str, report: Report) -> list[Json] | None:
    """Tags or keys: texts, where a single text is split at its commas and empty ones are left out."""
    if isinstance(value, str):
        report.repaired(path, "one text where a list belongs; split at commas")
        value = [word.strip() for word in value.split(",") if word.strip()]
    found = texts(value, path, report)
    if found is None or all(found):
        return found
    report.repaired(path, "empty texts in the list are left out")
    return [word for word in found if word]


def number(value: Json, path: str, report: Report) -> int | float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        report.repaired(path, "a number written as text")
        return float(value) if "." in value else int(value)
    report.dropped(path, "no number where one belongs")
    return None


def flag(value: Json, path: str, report: Report) -> bool | None:
    if isinstance(value, bool):
        return value
    spelled = str(value).strip().lower()
    if spelled in {"true", "1"}:
        report.repaired(path, "true written otherwise")
        return True
    if spelled in {"false", "0"}:
        report.repaired(path, "false written otherwise")
        return False
    report.dropped(path, "neither true nor false")
    return None


def mapping(value: Json, path: str, report: Report) -> JsonObject | None:
    if isinstance(value, dict):
        return value
    report.repaired(path, "an object belongs here; read as empty")
    return None


def multilingual(value: Json, path: str, report: Report) -> JsonObject:
    """`creator_notes_multilingual`: language code to text."""
    found = mapping(value, path, report) or {}
    read = {language: text(note, f"{path}.{language}", report) for language, note in found.items()}
    return {language: note for language, note in read.items() if note is not None}


def date(value: Json, path: str, report: Report) -> int | None:
    """Unix seconds; milliseconds, ISO 8601 and digits in text are understood, dates before 1970 mean unset."""
    seconds: float | None = None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        seconds = _iso_seconds(value)
        report.repaired(path, "a date as text where Unix seconds belong")
    elif value is not None:
        seconds = number(value, path, report)
    if seconds is None or seconds < 0:
        report.dropped(path, "no date")
        return None
    if seconds >= _LATEST_SECONDS:
        report.repaired(path, "a date finer than seconds")
    while seconds >= _LATEST_SECONDS:
        seconds //= 1000
    return int(seconds)


def _iso_seconds(value: str) -> float | None:
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def extensions(value: Json, path: str, report: Report) -> JsonObject | None:
    """A card's extensions, as they are, but for `depth_prompt`: prompt, depth and role, complete."""
    found = mapping(value, path, report)
    if found is None or "depth_prompt" not in found:
        return found
    where = f"{path}.depth_prompt"
    given = found["depth_prompt"]
    if isinstance(given, str):
        report.repaired(where, "text where an object belongs; taken as the prompt")
        given = {"prompt": given}
    prompt = mapping(given, where, report) or {}
    depth = number(prompt["depth"], f"{where}.depth", report) if "depth" in prompt else None
    role = prompt.get("role")
    if role is not None and role not in _ROLES:
        report.repaired(f"{where}.role", "not a role; read as system")
    complete: JsonObject = {
        **prompt,
        "prompt": text(prompt.get("prompt", ""), f"{where}.prompt", report) or "",
        "depth": _DEPTH_PROMPT_DEPTH if depth is None else depth,
        "role": role if role in _ROLES else "system",
    }
    return {**found, "depth_prompt": complete}


def assets(value: Json, path: str, report: Report) -> list[Json] | None:
    """`data.assets`: objects whose type, uri, name and ext are text."""
    if not isinstance(value, list):
        report.repaired(path, "no list where one belongs")
        return None
    found: list[Json] = []
    for n, item in enumerate(value):
        where = f"{path}[{n}]"
        if not isinstance(item, dict):
            report.dropped(where, "no object where one belongs")
            continue
        named = {
            name: text(item.get(name, ""), f"{where}.{name}", report) or "" for name in ("type", "uri", "name", "ext")
        }
        found.append({**item, **named})
    return found
