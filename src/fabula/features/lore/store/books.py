"""SQL of lorebooks and their entries."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fabula.core.ids import WorkspaceId
from fabula.core.paging import Page, decode_cursor, decode_id, encode_cursor, page_of
from fabula.db import ReadTx, WriteTx
from fabula.db.metadata import IdType
from fabula.features.lore.tables import lore_entries as e
from fabula.features.lore.tables import lorebooks as k
from fabula.features.lore.types import EntryId, LorebookId, StoredBook, StoredEntry
from fabula.plugins import Json

_P = sa.bindparam
_OURS = k.c.workspace_id == _P("ws")
_THIS = k.c.id == _P("book")
_COUNT = sa.select(sa.func.count()).where(e.c.lorebook_id == k.c.id).scalar_subquery().label("entry_count")
_BOOK = sa.select(k.c.id, k.c.name, k.c.raw_json, _COUNT, k.c.version, k.c.created_at, k.c.updated_at).where(_OURS)
_FIND = _BOOK.where(_THIS)
_LOCK = _FIND.with_for_update(key_share=True)
_FIND_SOME = _BOOK.where(k.c.id.in_(_P("books", expanding=True)))
_FIND_SAME = sa.select(k.c.id, k.c.name).where(_OURS & (k.c.content_hash == _P("hash"))).order_by(k.c.id).limit(1)
_FIND_NAMESAKES = (
    sa.select(k.c.id, k.c.content_hash)
    .where(_OURS & (k.c.name == _P("name")) & k.c.content_hash.is_not(None))
    .order_by(k.c.id)
)
_LIST = _BOOK.order_by(k.c.id.desc()).limit(_P("take"))
_LIST_AFTER = _LIST.where(k.c.id < _P("after"))
_INSERT = sa.insert(k)
_DELETE = sa.delete(k).where(_OURS & _THIS)
# Every change of a book or of an entry goes through here first, so on PostgreSQL they wait for each other.
_BUMP = sa.update(k).where(_OURS & _THIS).values(version=k.c.version + 1, updated_at=_P("now"))
_SET = sa.update(k).where(_OURS & _THIS).values(name=_P("new_name"), raw_json=_P("new_raw"))
_SET_HASH = sa.update(k).where(_OURS & _THIS).values(content_hash=_P("new_hash"))

_ENTRY_OURS = (e.c.workspace_id == _P("ws")) & (e.c.lorebook_id == _P("book"))
_ENTRY_THIS = _ENTRY_OURS & (e.c.id == _P("entry"))
_ENTRY = sa.select(e.c.id, e.c.place, e.c.raw_json, e.c.insertion_order)
_FIND_ENTRY = _ENTRY.where(_ENTRY_THIS)
_ALL_ENTRIES = (
    _ENTRY.add_columns(e.c.lorebook_id)
    .where((e.c.workspace_id == _P("ws")) & e.c.lorebook_id.in_(_P("books", expanding=True)))
    .order_by(e.c.lorebook_id, e.c.position, e.c.id)
)
_PAGE = _ENTRY.where(_ENTRY_OURS).order_by(e.c.insertion_order, e.c.id).limit(_P("take"))
_PAGE_AFTER = _PAGE.where(
    sa.tuple_(e.c.insertion_order, e.c.id) > sa.tuple_(_P("at", type_=sa.Float), _P("after", type_=IdType))
)
_PLACES = sa.select(e.c.place, e.c.position).where(_ENTRY_OURS)
_INSERT_ENTRY = sa.insert(e)
_SET_ENTRY = (
    sa.update(e)
    .where(_ENTRY_THIS)
    .values(raw_json=_P("new_raw"), insertion_order=_P("new_order"), updated_at=_P("now"))
)
_DELETE_ENTRIES = sa.delete(e).where(_ENTRY_OURS)
_DELETE_ENTRY = sa.delete(e).where(_ENTRY_THIS)


def _book(row: Any) -> StoredBook:
    return StoredBook(
        LorebookId(row.id), row.name, row.raw_json, row.entry_count, row.version, row.created_at, row.updated_at
    )


def _entry(row: Any) -> StoredEntry:
    return StoredEntry(EntryId(row.id), row.place, row.raw_json)


def find_book(tx: ReadTx, ws: WorkspaceId, book: LorebookId) -> StoredBook | None:
    row = tx.execute(_FIND, {"ws": ws, "book": book}).one_or_none()
    return None if row is None else _book(row)


def lock_book(tx: WriteTx, ws: WorkspaceId, book: LorebookId) -> StoredBook | None:
    """As `find_book`, and nobody else changes the book before this transaction ends."""
    row = tx.execute(_LOCK, {"ws": ws, "book": book}).one_or_none()
    return None if row is None else _book(row)


def list_books(tx: ReadTx, ws: WorkspaceId, limit: int, cursor: str | None) -> Page[StoredBook]:
    """Books, the newest first."""
    params: dict[str, object] = {"ws": ws, "take": limit + 1}
    if cursor is not None:
        params["after"] = decode_id(cursor)
    found = [_book(row) for row in tx.execute(_LIST if cursor is None else _LIST_AFTER, params)]
    return page_of(found, limit)


def load_books(tx: ReadTx, ws: WorkspaceId, books: Sequence[LorebookId]) -> list[tuple[StoredBook, list[StoredEntry]]]:
    """Whole books, each with its entries in file order; those that are gone are left out."""
    params = {"ws": ws, "books": list(books)}
    entries: dict[str, list[StoredEntry]] = {}
    found = [_book(row) for row in tx.execute(_FIND_SOME, params)]
    for row in tx.execute(_ALL_ENTRIES, params):
        entries.setdefault(row.lorebook_id, []).append(_entry(row))
    return [(book, entries.get(book.id, [])) for book in found]


def find_same_content(tx: ReadTx, ws: WorkspaceId, content_hash: str) -> tuple[LorebookId, str] | None:
    """A book that came from the same content."""
    row = tx.execute(_FIND_SAME, {"ws": ws, "hash": content_hash}).one_or_none()
    return None if row is None else (LorebookId(row.id), row.name)


def find_namesakes(tx: ReadTx, ws: WorkspaceId, name: str) -> dict[LorebookId, str]:
    """The books of that name that came out of files, the oldest first, each with the hash of its file's content."""
    rows = tx.execute(_FIND_NAMESAKES, {"ws": ws, "name": name})
    return {LorebookId(row.id): row.content_hash for row in rows}


def insert_book(
    tx: WriteTx, ws: WorkspaceId, book: LorebookId, name: str, raw: Mapping[str, Json], content_hash: str | None
) -> None:
    row: dict[str, object] = {
        "id": book,
        "workspace_id": ws,
        "name": name,
        "raw_json": raw,
        "content_hash": content_hash,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(_INSERT, row)


def bump_version(tx: WriteTx, ws: WorkspaceId, book: LorebookId) -> bool:
    """Count one more change; False when there is no such book. Holds the book until the transaction ends."""
    return tx.execute(_BUMP, {"ws": ws, "book": book, "now": tx.now}).rowcount == 1


def set_book(tx: WriteTx, ws: WorkspaceId, book: LorebookId, name: str, raw: Mapping[str, Json]) -> None:
    tx.execute(_SET, {"ws": ws, "book": book, "new_name": name, "new_raw": raw})


def set_content_hash(tx: WriteTx, ws: WorkspaceId, book: LorebookId, content_hash: str) -> None:
    """From now on the book is the one of that file."""
    tx.execute(_SET_HASH, {"ws": ws, "book": book, "new_hash": content_hash})


def delete_book(tx: WriteTx, ws: WorkspaceId, book: LorebookId) -> None:
    """With its entries and bindings."""
    tx.execute(_DELETE, {"ws": ws, "book": book})


def find_entry(tx: ReadTx, ws: WorkspaceId, book: LorebookId, entry: EntryId) -> StoredEntry | None:
    row = tx.execute(_FIND_ENTRY, {"ws": ws, "book": book, "entry": entry}).one_or_none()
    return None if row is None else _entry(row)


def list_entries(tx: ReadTx, ws: WorkspaceId, book: LorebookId, limit: int, cursor: str | None) -> Page[StoredEntry]:
    """A page of a book in insertion order; equal ones by age."""
    params: dict[str, object] = {"ws": ws, "book": book, "take": limit + 1}
    if cursor is not None:
        params["at"], params["after"] = decode_cursor(cursor, (float, UUID))
    rows = tx.execute(_PAGE if cursor is None else _PAGE_AFTER, params).all()
    last = rows[limit - 1] if len(rows) > limit else None
    items = tuple(_entry(row) for row in rows[:limit])
    return Page(items, None if last is None else encode_cursor(float(last.insertion_order), last.id))


def list_places(tx: ReadTx, ws: WorkspaceId, book: LorebookId) -> list[tuple[str | None, int]]:
    """Every entry's place in the file and its number in file order."""
    return [(row.place, row.position) for row in tx.execute(_PLACES, {"ws": ws, "book": book})]


def insert_entries(
    tx: WriteTx,
    ws: WorkspaceId,
    book: LorebookId,
    first: int,
    entries: Sequence[tuple[StoredEntry, float]],
) -> None:
    """Entries with their insertion orders, from place number `first` of the file on."""
    if entries:
        tx.execute(
            _INSERT_ENTRY,
            [
                {
                    "id": entry.id,
                    "workspace_id": ws,
                    "lorebook_id": book,
                    "position": first + n,
                    "place": entry.place,
                    "insertion_order": order,
                    "raw_json": entry.raw,
                    "created_at": tx.now,
                    "updated_at": tx.now,
                }
                for n, (entry, order) in enumerate(entries)
            ],
        )


def set_entries(
    tx: WriteTx, ws: WorkspaceId, book: LorebookId, entries: Sequence[tuple[EntryId, Mapping[str, Json], float]]
) -> None:
    """Raw forms and insertion orders anew."""
    shared = {"ws": ws, "book": book, "now": tx.now}
    tx.execute(_SET_ENTRY, [{**shared, "entry": i, "new_raw": raw, "new_order": at} for i, raw, at in entries])


def delete_entries(tx: WriteTx, ws: WorkspaceId, book: LorebookId) -> None:
    """All of the book's."""
    tx.execute(_DELETE_ENTRIES, {"ws": ws, "book": book})


def delete_entry(tx: WriteTx, ws: WorkspaceId, book: LorebookId, entry: EntryId) -> bool:
    return tx.execute(_DELETE_ENTRY, {"ws": ws, "book": book, "entry": entry}).rowcount == 1
