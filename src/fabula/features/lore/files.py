"""A lorebook's file and its rows: cut apart when stored, put together again as it was."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from fabula.features.lore.books import read_lorebook, to_book, to_st
from fabula.features.lore.types import Lorebook, StoredBook, StoredEntry
from fabula.plugins import Json

V3_SPEC = "lorebook_v3"


class ExportFormat(StrEnum):
    SILLYTAVERN = "sillytavern"
    V3 = "v3"


def split(root: Mapping[str, Json]) -> tuple[dict[str, Json], list[tuple[str | None, dict[str, Json]]]]:
    """The file without its entries, an empty container in their stead, and the entries with their places."""
    data = _data(root)
    entries = data.get("entries")
    found: list[tuple[str | None, dict[str, Json]]] = []
    if isinstance(entries, dict):
        found = [(key, raw) for key, raw in entries.items() if isinstance(raw, dict)]
    elif isinstance(entries, list):
        found = [(None, raw) for raw in entries if isinstance(raw, dict)]
    empty: Json = {} if isinstance(entries, dict) else []
    return _with_entries(root, empty), found


def join(book: StoredBook, entries: Sequence[StoredEntry]) -> dict[str, Json]:
    """The file as it came, or as its edits have made it; entries in the order given."""
    if keeps_names(book.raw):
        return _with_entries(book.raw, {entry.place or str(n): dict(entry.raw) for n, entry in enumerate(entries)})
    return _with_entries(book.raw, [dict(entry.raw) for entry in entries])


def keeps_names(raw: Mapping[str, Json]) -> bool:
    """Whether the file keeps entries as an object, as SillyTavern does, and not as a list."""
    return isinstance(_data(raw).get("entries"), dict)


def data_of(raw: Mapping[str, Json]) -> Mapping[str, Json]:
    """The book itself, out of its envelope if it has one."""
    return _data(raw)


def with_data(raw: Mapping[str, Json], data: Mapping[str, Json]) -> dict[str, Json]:
    """The file whose book is `data`, in its envelope if it has one."""
    return {**raw, "data": dict(data)} if _data(raw) is not raw else dict(data)


def readable(book: StoredBook, entries: Sequence[StoredEntry]) -> Lorebook:
    """The book as the engine reads it. Entries go by their row's id, which no edit changes."""
    read = read_lorebook(join(book, entries), book.id)
    ids = [entry.id for entry in entries]
    named = tuple(replace(entry, id=own) for entry, own in zip(read.entries, ids, strict=True))
    return replace(read, name=book.name, entries=named)


def export(book: StoredBook, entries: Sequence[StoredEntry], to: ExportFormat) -> dict[str, Json]:
    """The file in the format asked for; an unedited book in its own format is the JSON value it came as."""
    root = join(book, entries)
    read = read_lorebook(root, book.id)
    if to is ExportFormat.V3:
        return {**(root if _data(root) is not root else {}), "spec": V3_SPEC, "data": to_book(read)}
    out = to_st(read)
    if "originalData" in out and book.version > 1:
        # SillyTavern exports this copy, not its entries: as it came, it would undo the edits there.
        out["originalData"] = to_book(read)
    return out


def next_place(raw: Mapping[str, Json], taken: Iterable[str | None]) -> str | None:
    """The place of a new entry: the next number in files that name their entries, else none."""
    if not keeps_names(raw):
        return None
    numbers = [int(place) for place in taken if place is not None and place.isascii() and place.isdecimal()]
    return str(max(numbers, default=-1) + 1)


def content_hash(root: Mapping[str, Json]) -> str:
    """SHA-256 over one spelling of the JSON value."""
    return hashlib.sha256(json.dumps(root, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _data(root: Mapping[str, Json]) -> Mapping[str, Json]:
    data = root.get("data")
    return data if isinstance(data, dict) and "entries" not in root else root


def _with_entries(root: Mapping[str, Json], entries: Json) -> dict[str, Json]:
    data = _data(root)
    return with_data(root, {**data, "entries": entries})
