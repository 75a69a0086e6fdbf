"""The library of lorebooks: kept, changed; gone for good when deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fabula.core.actor import Actor, Scope
from fabula.core.clock import iso
from fabula.core.ids import uuid7
from fabula.core.paging import MAX_LIMIT, Page
from fabula.db import ReadTx, WriteTx
from fabula.features import audit
from fabula.features.lore import store
from fabula.features.lore.books import edit_settings, read_lorebook
from fabula.features.lore.errors import LorebookNotFound, LorebookVersionConflict
from fabula.features.lore.files import data_of, with_data
from fabula.features.lore.types import Lorebook, LorebookId, StoredBook, StoredEntry
from fabula.plugins import Json

WholeBook = tuple[StoredBook, list[StoredEntry]]


def get_book(tx: ReadTx, actor: Actor, book: LorebookId) -> StoredBook:
    """One lorebook; raises `LorebookNotFound`."""
    actor.require(Scope.WORKSHOP_READ)
    found = store.books.find_book(tx, actor.workspace, book)
    if found is None:
        raise LorebookNotFound(book)
    return found


def list_books(tx: ReadTx, actor: Actor, limit: int, cursor: str | None) -> Page[StoredBook]:
    actor.require(Scope.WORKSHOP_READ)
    return store.books.list_books(tx, actor.workspace, limit, cursor)


def get_whole(tx: ReadTx, actor: Actor, book: LorebookId) -> WholeBook:
    """A book with all its entries, in file order; raises `LorebookNotFound`."""
    actor.require(Scope.WORKSHOP_READ)
    found = store.books.load_books(tx, actor.workspace, [book])
    if not found:
        raise LorebookNotFound(book)
    return found[0]


def load_books(tx: ReadTx, actor: Actor, books: Sequence[LorebookId]) -> list[WholeBook]:
    """Whole books for a turn: whoever may write in a chat is answered with its lore. Those that are gone are left out."""
    return store.books.load_books(tx, actor.workspace, books)


def pick_books(tx: ReadTx, actor: Actor, books: Sequence[LorebookId] | None) -> Sequence[StoredBook]:
    """These books, or without a list the newest of all, as many as a page holds; raises `LorebookNotFound`."""
    if books is None:
        return list_books(tx, actor, MAX_LIMIT, None).items
    return [get_book(tx, actor, book) for book in books]


def settings_of(book: StoredBook) -> Lorebook:
    """How the book is scanned, and what else it says of itself; without entries."""
    return replace(read_lorebook(dict(data_of(book.raw)), book.id), name=book.name)


def create(
    tx: WriteTx, actor: Actor, name: str, settings: Mapping[str, object], extensions: Mapping[str, Json]
) -> StoredBook:
    """An empty book; `settings` are fields of `Lorebook`."""
    actor.require(Scope.WORKSHOP_WRITE)
    book = LorebookId(uuid7())
    raw = _edited({"entries": []}, {"name": name, **settings}, extensions)
    store.books.insert_book(tx, actor.workspace, book, name, raw, None)
    audit.record(tx, actor, "lorebook.created", "lorebook", book, after={"name": name})
    return get_book(tx, actor, book)


def change(
    tx: WriteTx,
    actor: Actor,
    book: LorebookId,
    settings: Mapping[str, object],
    extensions: Mapping[str, Json],
    version: int | None,
) -> StoredBook:
    """Change the fields of `Lorebook` given, and lay `extensions` over the book's; None there removes one.

    Raises `LorebookNotFound`, or `LorebookVersionConflict` when `version` is not the stored one.
    """
    actor.require(Scope.WORKSHOP_WRITE)
    touch(tx, actor, book, version)
    found = get_book(tx, actor, book)
    name = str(settings.get("name", found.name))
    data = _edited(data_of(found.raw), settings, extensions)
    store.books.set_book(tx, actor.workspace, book, name, with_data(found.raw, data))
    audit.record(tx, actor, "lorebook.changed", "lorebook", book, before={"name": found.name}, after={"name": name})
    return get_book(tx, actor, book)


def delete(tx: WriteTx, actor: Actor, book: LorebookId, version: int | None) -> None:
    """With its entries and bindings; raises as `change`."""
    actor.require(Scope.WORKSHOP_WRITE)
    touch(tx, actor, book, version)
    store.books.delete_book(tx, actor.workspace, book)
    audit.record(tx, actor, "lorebook.deleted", "lorebook", book)


def touch(tx: WriteTx, actor: Actor, book: LorebookId, version: int | None = None) -> None:
    """Count a change of the book, and hold it until the transaction ends; raises as `change`."""
    if version is not None:
        found = store.books.lock_book(tx, actor.workspace, book)
        if found is not None and found.version != version:
            raise LorebookVersionConflict(describe(found))
    if not store.books.bump_version(tx, actor.workspace, book):
        raise LorebookNotFound(book)


def describe(book: StoredBook) -> dict[str, object]:
    """The book as the API shows it."""
    settings = settings_of(book)
    return {
        "id": book.id,
        "name": book.name,
        "description": settings.description,
        "scanDepth": settings.scan_depth,
        "tokenBudget": settings.token_budget,
        "recursive": settings.recursive,
        "maxRecursionSteps": settings.max_recursion_steps,
        "extensions": dict(extensions_of(data_of(book.raw))),
        "entryCount": book.entry_count,
        "version": book.version,
        "createdAt": iso(book.created_at),
        "updatedAt": iso(book.updated_at),
    }


def extensions_of(raw: Mapping[str, Json]) -> Mapping[str, Json]:
    """What a book or an entry keeps under `extensions`."""
    found = raw.get("extensions")
    return found if isinstance(found, dict) else {}


def lay_extensions(raw: Mapping[str, Json], extensions: Mapping[str, Json]) -> dict[str, Json]:
    """Lay `extensions` over those of a book or an entry; None removes one."""
    if not extensions:
        return dict(raw)
    merged = {**extensions_of(raw), **extensions}
    return {**raw, "extensions": {name: value for name, value in merged.items() if value is not None}}


def _edited(raw: Mapping[str, Json], settings: Mapping[str, object], extensions: Mapping[str, Json]) -> dict[str, Json]:
    return edit_settings(lay_extensions(raw, extensions), settings)
