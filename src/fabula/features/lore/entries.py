"""Entries of a stored book. Each change counts as one of the book: its version goes up."""

from collections.abc import Mapping, Sequence

from fabula.core.actor import Actor, Scope
from fabula.core.errors import invalid
from fabula.core.ids import uuid7
from fabula.core.paging import Page
from fabula.db import ReadTx, WriteTx
from fabula.features.lore import store
from fabula.features.lore.books import edit_entry, read_entry
from fabula.features.lore.errors import EntryNotFound
from fabula.features.lore.files import keeps_names, next_place
from fabula.features.lore.library import get_book, lay_extensions, touch
from fabula.features.lore.types import EntryId, LorebookId, StoredEntry
from fabula.plugins import Json

ORDER_STEP = 10


def get_entry(tx: ReadTx, actor: Actor, book: LorebookId, entry: EntryId) -> StoredEntry:
    """One entry; raises `LorebookNotFound` or `EntryNotFound`."""
    get_book(tx, actor, book)
    found = store.books.find_entry(tx, actor.workspace, book, entry)
    if found is None:
        raise EntryNotFound(entry)
    return found


def list_entries(tx: ReadTx, actor: Actor, book: LorebookId, limit: int, cursor: str | None) -> Page[StoredEntry]:
    """A page in insertion order; raises `LorebookNotFound`."""
    get_book(tx, actor, book)
    return store.books.list_entries(tx, actor.workspace, book, limit, cursor)


def create(
    tx: WriteTx, actor: Actor, book: LorebookId, fields: Mapping[str, object], extensions: Mapping[str, Json]
) -> StoredEntry:
    """A new entry at the end of the file; `fields` are those of `LoreEntry`."""
    actor.require(Scope.WORKSHOP_WRITE)
    touch(tx, actor, book)
    found = get_book(tx, actor, book)
    places = store.books.list_places(tx, actor.workspace, book)
    place = next_place(found.raw, (name for name, _ in places))
    raw = lay_extensions(edit_entry({}, fields, in_st=keeps_names(found.raw)), extensions)
    raw.pop("id", None)  # a new entry of a list has none of its own: its place says enough
    if place is not None:
        raw["uid"] = int(place)
    entry = StoredEntry(EntryId(uuid7()), place, raw)
    at = max((number for _, number in places), default=-1) + 1
    store.books.insert_entries(tx, actor.workspace, book, at, [(entry, order_of(raw))])
    return get_entry(tx, actor, book, entry.id)


def change(
    tx: WriteTx,
    actor: Actor,
    book: LorebookId,
    entry: EntryId,
    fields: Mapping[str, object],
    extensions: Mapping[str, Json],
) -> StoredEntry:
    """Change the fields of `LoreEntry` given; what is not edited stays as its file said it."""
    actor.require(Scope.WORKSHOP_WRITE)
    touch(tx, actor, book)
    found = get_entry(tx, actor, book, entry)
    raw = edit_entry(lay_extensions(found.raw, extensions), fields, in_st=found.place is not None)
    store.books.set_entries(tx, actor.workspace, book, [(entry, raw, order_of(raw))])
    return get_entry(tx, actor, book, entry)


def delete(tx: WriteTx, actor: Actor, book: LorebookId, entry: EntryId) -> None:
    """Raises `LorebookNotFound` or `EntryNotFound`."""
    actor.require(Scope.WORKSHOP_WRITE)
    touch(tx, actor, book)
    if not store.books.delete_entry(tx, actor.workspace, book, entry):
        raise EntryNotFound(entry)


def reorder(tx: WriteTx, actor: Actor, book: LorebookId, wanted: Sequence[EntryId]) -> None:
    """Give the book's entries insertion orders 10, 20, 30 … in the order given, which names each of them once."""
    actor.require(Scope.WORKSHOP_WRITE)
    touch(tx, actor, book)
    _, entries = store.books.load_books(tx, actor.workspace, [book])[0]
    known = {entry.id: entry for entry in entries}
    if len(wanted) != len(known) or set(wanted) != known.keys():
        raise invalid("body.entryIds", "must name every entry of the book once")
    rows = []
    for number, entry in enumerate(wanted, 1):
        raw = edit_entry(known[entry].raw, {"insertion_order": number * ORDER_STEP}, in_st=False)
        rows.append((entry, raw, order_of(raw)))
    if rows:
        store.books.set_entries(tx, actor.workspace, book, rows)


def order_of(raw: Mapping[str, Json]) -> float:
    return float(read_entry(raw, "").insertion_order)
