"""Lorebooks out of files and back: V2 and V3 `character_book`, `lorebook_v3` files, SillyTavern's world info.

Reading is lenient and never fails; writing lays only what was edited over what came in, so an unedited book goes
out as the JSON value it came in as, and an edited one keeps every unknown field. Sources: the V2 and V3
specifications, and SillyTavern's own conversion between the two families.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from fabula.features.lore.fields import (
    BOOK_FIELDS,
    CARRIED,
    ENTRY_FIELDS,
    SCAN_SOURCES,
    Field,
    read_fields,
    read_flag,
    read_text,
    write_value,
)
from fabula.features.lore.types import Lorebook, LoreEntry, Position
from fabula.plugins.contracts import Json

_ST_MARKS = frozenset({"key", "keysecondary", "disable", "uid"})
_ST_WRITTEN = frozenset({"selectiveLogic", "display_index"})
_REGEX_MARK = Field("use_regex", read_flag, ("ext.use_regex",), ("ext.use_regex",))
_FLAGS = tuple(Field(name, read_flag, (book,), (st,)) for name, (book, st) in SCAN_SOURCES.items())


def read_lorebook(raw: Json, book_id: str = "") -> Lorebook:
    """Read a book in any of the forms; what is not a book is an empty one. Entries that are no objects are left out."""
    data = _unwrap(raw)
    in_st = isinstance(data.get("entries"), dict) and "scan_depth" not in data
    values: dict[str, Any] = read_fields(data, BOOK_FIELDS, in_st=in_st)
    return Lorebook(id=book_id, entries=tuple(_entries(data.get("entries"))), raw=data, **values)


def to_book(book: Lorebook) -> dict[str, Json]:
    """Write `book` as a V2/V3 `character_book` (for a file of its own, wrap it: `{spec: "lorebook_v3", data}`)."""
    if _is_book(book.raw) and _is_untouched(book):
        return deepcopy(dict(book.raw))
    out = _lay_settings(book)
    out.setdefault("extensions", {})
    out.pop("originalData", None)
    out["entries"] = [_lay(entry, in_st=False) for entry in book.entries]
    return out


def to_st(book: Lorebook) -> dict[str, Json]:
    """Write `book` as SillyTavern's world info: `entries` is an object by uid, and each gets a uid of its own."""
    if _is_st(book.raw) and _is_untouched(book):
        return deepcopy(dict(book.raw))
    out = _lay_settings(book)
    entries: dict[str, Json] = {}
    free = 0
    for entry in book.entries:
        while str(free) in entries:
            free += 1
        uid = int(entry.id) if _is_number(entry.id) and entry.id not in entries else free
        entries[str(uid)] = _lay(entry, in_st=True) | {"uid": uid}
    out["entries"] = entries
    if "originalData" in out:
        # SillyTavern exports this copy, not its entries: left as it was, it would undo the edits there.
        out["originalData"] = to_book(book)
    return out


def read_entry(raw: Mapping[str, Json], entry_id: str) -> LoreEntry:
    """Read one entry of either family; it gets the id given."""
    return _read_entry(dict(raw), entry_id)


def edit_entry(raw: Mapping[str, Json], changes: Mapping[str, object], *, in_st: bool) -> dict[str, Json]:
    """Lay changed fields of `LoreEntry` over an entry in its own family; a new one, `{}`, goes where `in_st` says."""
    before = read_entry(raw, "")
    fields: Any = dict(changes)
    return _lay(replace(before, **fields), in_st=_is_st_entry(raw) if raw else in_st)


def edit_settings(raw: Mapping[str, Json], changes: Mapping[str, object]) -> dict[str, Json]:
    """Lay changed fields of `Lorebook` over a book; its entries stay as they are."""
    fields: Any = dict(changes)
    return _lay_settings(replace(read_lorebook(dict(raw)), **fields))


def _is_number(entry_id: str) -> bool:
    return entry_id.isascii() and entry_id.isdecimal() and len(entry_id) < 10 and str(int(entry_id)) == entry_id


def _unwrap(raw: Json) -> dict[str, Json]:
    if not isinstance(raw, dict):
        return {}
    data = raw.get("data")
    return data if isinstance(data, dict) and "entries" not in raw else raw


def _entries(container: Json) -> Iterator[LoreEntry]:
    """Entries of a list or an object; the id is their own, else their place."""
    items: Iterable[tuple[object, Json]] = ()
    if isinstance(container, list):
        items = enumerate(container)
    elif isinstance(container, dict):
        items = container.items()
    taken: set[str] = set()
    for place, raw in items:
        if isinstance(raw, dict):
            own = read_text(raw.get("id")) or read_text(raw.get("uid")) or str(place)
            yield _read_entry(raw, _unique(own, taken))


def _unique(wanted: str, taken: set[str]) -> str:
    found, turn = wanted, 1
    while found in taken:
        turn += 1
        found = f"{wanted}~{turn}"
    taken.add(found)
    return found


def _read_entry(raw: dict[str, Json], entry_id: str) -> LoreEntry:
    in_st = _is_st_entry(raw)
    values: dict[str, Any] = read_fields(raw, ENTRY_FIELDS, in_st=in_st)
    flags = read_fields(raw, _FLAGS, in_st=in_st)
    values["scan_sources"] = tuple(name for name, is_set in flags.items() if is_set)
    extensions = raw.get("extensions")
    if isinstance(extensions, dict) and not _ST_WRITTEN.isdisjoint(extensions):
        # SillyTavern writes `use_regex: true` on every entry of a card and means only its /slashed/ keys,
        # while V3 would drop `constant` and `secondary_keys` for it. `_lay` marks the ones that are meant.
        values["use_regex"] = extensions.get("use_regex") is True
    return LoreEntry(entry_id, raw=raw, **values)


def _is_st_entry(raw: Mapping[str, Json]) -> bool:
    return "keys" not in raw and not _ST_MARKS.isdisjoint(raw)


def _is_book(raw: Mapping[str, Json]) -> bool:
    """Whether none of the entries has to be moved."""
    entries = raw.get("entries")
    members = entries.values() if isinstance(entries, dict) else entries if isinstance(entries, list) else ()
    return not _is_st(raw) and not any(isinstance(e, dict) and _is_st_entry(e) for e in members)


def _is_st(raw: Mapping[str, Json]) -> bool:
    entries = raw.get("entries")
    members = entries.values() if isinstance(entries, dict) else ()
    return isinstance(entries, dict) and all(isinstance(e, dict) and _is_st_entry(e) for e in members)


def _is_untouched(book: Lorebook) -> bool:
    """Tell whether reading `raw` again gives this very book; ids may have been given anew."""
    again = read_lorebook(dict(book.raw), book.id)
    bare = [replace(e, id="") for e in again.entries] == [replace(e, id="") for e in book.entries]
    return bool(book.raw) and bare and replace(again, entries=()) == replace(book, entries=())


def _lay_settings(book: Lorebook) -> dict[str, Json]:
    out = deepcopy(dict(book.raw))
    before = read_lorebook(out)
    for field in BOOK_FIELDS:
        value = getattr(book, field.name)
        if value != getattr(before, field.name):
            _write(out, field, field.book, value)
    return out


def _lay(entry: LoreEntry, *, in_st: bool) -> dict[str, Json]:
    """Lay the entry's fields over its raw form, moving it to the wanted family first when it comes from the other."""
    out = deepcopy(dict(entry.raw))
    before = _read_entry(dict(entry.raw), entry.id)
    moved = not out or _is_st_entry(out) is not in_st
    if moved:
        _move(out, in_st=in_st)
    for field in ENTRY_FIELDS:
        value = getattr(entry, field.name)
        if moved or value != getattr(before, field.name):
            _write(out, field, field.st if in_st else field.book, value)
            if field.name == "position" and not in_st:
                # The specified field knows two values; SillyTavern's number beside it has the last word.
                out["position"] = "before_char" if value is Position.BEFORE_CHAR else "after_char"
    for flag in _FLAGS:
        wanted = flag.name in entry.scan_sources
        if wanted is not (flag.name in before.scan_sources) or (moved and wanted):
            _write(out, flag, flag.st if in_st else flag.book, wanted)
    if moved and not in_st:
        out.setdefault("id", int(entry.id) if _is_number(entry.id) else entry.id)
    if entry.use_regex and not in_st and not _read_entry(out, entry.id).use_regex:
        _write(out, _REGEX_MARK, _REGEX_MARK.book, value=True)
    return out


def _move(out: dict[str, Json], *, in_st: bool) -> None:
    """Clear the other family's places, which are written anew, and rename what is only carried."""
    extensions = out.get("extensions")
    kept = extensions if isinstance(extensions, dict) else {}
    for field in (*ENTRY_FIELDS, *_FLAGS, _REGEX_MARK):
        _clear(out, field)
    for book_name, st_name in CARRIED.items():
        if in_st and book_name in kept:
            out[st_name] = kept.pop(book_name)
        elif not in_st and st_name in out:
            kept[book_name] = out.pop(st_name)
    out.pop("id" if in_st else "uid", None)
    if kept or not in_st:
        out["extensions"] = kept


def _clear(out: dict[str, Json], field: Field) -> None:
    extensions = out.get("extensions")
    for place in field.book + field.st:
        name = place.removeprefix("!")
        if not name.startswith("ext."):
            out.pop(name, None)
        elif isinstance(extensions, dict):
            extensions.pop(name[4:], None)


def _write(out: dict[str, Json], field: Field, places: tuple[str, ...], value: object) -> None:
    _clear(out, field)
    if value is None:
        return
    place = places[0]
    written = write_value((not value) if place.startswith("!") else value)
    name = place.removeprefix("!")
    if not name.startswith("ext."):
        out[name] = written
        return
    extensions = out.get("extensions")
    out["extensions"] = (extensions if isinstance(extensions, dict) else {}) | {name[4:]: written}
