"""A lorebook as the internal form: the V3 book, with `extensions` and `entries` always there.

Optional fields are present only where they have a meaning: an absent `case_sensitive` leaves the choice
to the reader. Entries keep their order and their ids, also ids that occur twice.
"""

from fabula.features.profiles.cards import coerce
from fabula.features.profiles.cards.types import JsonObject, Report
from fabula.plugins import Json

ORDER_IF_NONE = 100  # SillyTavern's order for a new entry
AT_DEPTH = 4  # SillyTavern's position number for "in the chat, at a depth"

_BOOK: dict[str, coerce.Reading] = {
    "name": coerce.text,
    "description": coerce.text,
    "scan_depth": coerce.number,
    "token_budget": coerce.number,
    "recursive_scanning": coerce.flag,
}
_ENTRY: dict[str, coerce.Reading] = {
    "name": coerce.text,
    "comment": coerce.text,
    "priority": coerce.number,
    "selective": coerce.flag,
    "secondary_keys": coerce.words,
    "constant": coerce.flag,
    "case_sensitive": coerce.flag,
}
_REQUIRED = frozenset({"keys", "content", "extensions", "enabled", "insertion_order", "use_regex"})
ENTRY_FIELDS = _REQUIRED | _ENTRY.keys() | {"id", "position"}
BOOK_FIELDS = _BOOK.keys() | {"extensions", "entries"}
# SillyTavern's own names, met inside card books too; the specification's name wins where both stand.
_NATIVE = {"key": "keys", "keysecondary": "secondary_keys", "order": "insertion_order", "uid": "id"}


def read_book_value(value: Json, path: str, report: Report) -> JsonObject | None:
    """Bring a `character_book` (or a bare list of entries) into the internal form; None where there is none."""
    if value is None or value == "":
        report.repaired(path, "no lorebook, written as null or empty text")
        return None
    if isinstance(value, list):
        report.repaired(path, "a bare list of entries")
        value = {"entries": value}
    if not isinstance(value, dict):
        report.dropped(path, "no lorebook where one belongs")
        return None
    for key in value:
        if key not in BOOK_FIELDS:
            report.unknown(f"{path}.{key}")
    book: JsonObject = {key: item for key, item in value.items() if key not in BOOK_FIELDS}
    book |= _optional(_BOOK, value, path, report)
    book["extensions"] = coerce.mapping(value.get("extensions", {}), f"{path}.extensions", report) or {}
    book["entries"] = _read_entries(value.get("entries", []), f"{path}.entries", report)
    return book


def _optional(fields: dict[str, coerce.Reading], value: JsonObject, path: str, report: Report) -> JsonObject:
    read = {key: field(value[key], f"{path}.{key}", report) for key, field in fields.items() if key in value}
    return {key: item for key, item in read.items() if item is not None}


def _read_entries(value: Json, path: str, report: Report) -> list[Json]:
    if isinstance(value, dict):
        report.repaired(path, "an object where a list belongs; its values are the entries")
        value = [_with_id(key, item) for key, item in value.items()]
    if not isinstance(value, list):
        report.dropped(path, "no list of entries")
        return []
    entries: list[Json] = []
    ids: set[int | str] = set()
    for n, item in enumerate(value):
        if not isinstance(item, dict):
            report.dropped(f"{path}[{n}]", "no object where an entry belongs")
            continue
        entry = _read_entry(item, f"{path}[{n}]", report)
        given = entry.get("id")
        if isinstance(given, (int, str)):
            if given in ids:
                report.add("duplicate_id", f"{path}[{n}].id", "another entry has this id; both are kept")
            ids.add(given)
        entries.append(entry)
    return entries


def _with_id(key: str, entry: Json) -> Json:
    if not isinstance(entry, dict) or "id" in entry or "uid" in entry:
        return entry
    return {**entry, "id": int(key) if key.isascii() and key.isdigit() and len(key) < 10 else key}


def _read_entry(given: JsonObject, path: str, report: Report) -> JsonObject:
    value = _with_spec_names(given, path, report)
    for key in value:
        if key not in ENTRY_FIELDS:
            report.unknown(f"{path.rpartition('[')[0]}[*].{key}")
    entry: JsonObject = {key: item for key, item in value.items() if key not in ENTRY_FIELDS}
    entry |= _optional(_ENTRY, value, path, report)
    order = (
        coerce.number(value["insertion_order"], f"{path}.insertion_order", report)
        if "insertion_order" in value
        else None
    )
    enabled = coerce.flag(value["enabled"], f"{path}.enabled", report) if "enabled" in value else None
    entry["keys"] = coerce.words(value.get("keys", []), f"{path}.keys", report) or []
    entry["content"] = coerce.text(value.get("content", ""), f"{path}.content", report) or ""
    entry["extensions"] = dict(coerce.mapping(value.get("extensions", {}), f"{path}.extensions", report) or {})
    entry["enabled"] = True if enabled is None else enabled
    entry["insertion_order"] = ORDER_IF_NONE if order is None else order
    entry["use_regex"] = coerce.flag(value.get("use_regex", False), f"{path}.use_regex", report) or False
    if (identity := _read_id(value.get("id"), f"{path}.id", report)) is not None:
        entry["id"] = identity
    if "position" in value:
        _place(entry, value["position"], f"{path}.position", report)
    return entry


def _with_spec_names(given: JsonObject, path: str, report: Report) -> JsonObject:
    value = dict(given)
    for native, name in _NATIVE.items():
        if native in value and value.get(name) is None:
            value[name] = value[native]
        if value.pop(native, None) is not None:
            report.repaired(f"{path}.{native}", f"SillyTavern's name for {name}")
    if "disable" in value:
        disabled = coerce.flag(value.pop("disable"), f"{path}.disable", report)
        value.setdefault("enabled", not disabled)
    return value


def _read_id(value: Json, path: str, report: Report) -> int | str | None:
    if isinstance(value, str) or value is None:
        return value
    found = coerce.number(value, path, report)
    return int(found) if found is not None else None


def _place(entry: JsonObject, value: Json, path: str, report: Report) -> None:
    """Set `position`; SillyTavern's number, which says more, goes to `extensions.position`."""
    if isinstance(value, str) and value in {"before_char", "after_char"}:
        entry["position"] = value
        return
    if value == "in_chat":
        report.repaired(path, "in_chat read as SillyTavern's position at depth")
        value = AT_DEPTH
    found = coerce.number(value, path, report)
    if found is None:
        return
    entry["position"] = "after_char" if found else "before_char"
    extensions = entry["extensions"]
    assert isinstance(extensions, dict)
    extensions.setdefault("position", int(found))
