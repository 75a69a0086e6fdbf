"""Import a lorebook file that may be a newer form of one imported before: then that book is brought up to date."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from fabula.core.actor import Actor, Scope
from fabula.db import WriteTx
from fabula.features import audit, identity
from fabula.features.lore import store
from fabula.features.lore.books import read_entry
from fabula.features.lore.files import content_hash, join
from fabula.features.lore.importing import BookItem, ImportStatus, ParsedBook, import_books
from fabula.features.lore.library import WholeBook, touch
from fabula.features.lore.types import EntryId, LorebookId, StoredBook, StoredEntry
from fabula.plugins import Json

_RENEWED = ("updated", "", "the lorebook imported before now says what its file says")
_EDITED = (
    "edited_here",
    "",
    "changed here and in its file since; what is here stays, and the file can be imported by itself",
)


def import_or_renew(tx: WriteTx, actor: Actor, file: ParsedBook, others: Collection[LorebookId]) -> BookItem:
    """As `import_books`, but a book that an older form of the file has become says what the file says afterwards.

    It keeps its id and bindings, and entries at the same place keep theirs. One that was changed here stays as it is:
    the file is `skipped`. Never one of `others`, which are of other files.
    """
    actor.require(Scope.WORKSHOP_WRITE)
    identity.hold_workspace(tx, actor)
    older = _find_older(tx, actor, file, others)
    if older is None:
        return import_books(tx, actor, [file])[0]
    (book, entries), hashed = older
    if book.version > 1 and content_hash(join(book, entries)) != hashed:
        return BookItem(file.file, ImportStatus.SKIPPED, book.id, book.name, (*file.notes, _EDITED), None)
    _renew(tx, actor, book, entries, file)
    return BookItem(file.file, ImportStatus.CREATED, book.id, book.name, (*file.notes, _RENEWED), None)


def _find_older(
    tx: WriteTx, actor: Actor, file: ParsedBook, others: Collection[LorebookId]
) -> tuple[WholeBook, str] | None:
    """The book that has most in common with the file, and the hash it was imported with; None where none has enough."""
    ws = actor.workspace
    if file.content_hash is None or store.books.find_same_content(tx, ws, file.content_hash) is not None:
        return None
    hashes = store.books.find_namesakes(tx, ws, file.name)
    books = store.books.load_books(tx, ws, [book for book in hashes if book not in others])
    new = [entry for entry, _ in file.entries]
    ranked = [(_count_common(entries, new), book, entries) for book, entries in sorted(books, key=_id_of)]
    common, book, entries = max(ranked, key=lambda one: one[0], default=(0, None, []))
    # Two books may bear one name by chance: then they have few entries in common, or none.
    if book is None or 2 * common < min(len(entries), len(new)) or (entries and not common):
        return None
    return (book, entries), hashes[book.id]


def _id_of(whole: WholeBook) -> str:
    return whole[0].id


def _count_common(old: Sequence[StoredEntry], new: Sequence[StoredEntry]) -> int:
    """How many of the old entries are still there, by their text or their keys."""
    read = [read_entry(entry.raw, "") for entry in new]
    texts, keys = {entry.content for entry in read} - {""}, {entry.keys for entry in read} - {()}
    earlier = (read_entry(entry.raw, "") for entry in old)
    return sum(entry.content in texts or entry.keys in keys for entry in earlier)


def _renew(tx: WriteTx, actor: Actor, book: StoredBook, old: Sequence[StoredEntry], file: ParsedBook) -> None:
    assert file.raw is not None  # it was read, or it would have no hash to be found by
    assert file.content_hash is not None
    ids: dict[str | None, EntryId] = {entry.place: entry.id for entry in old if entry.place is not None}
    entries = [(replace(entry, id=ids.get(entry.place, entry.id)), order) for entry, order in file.entries]
    touch(tx, actor, book.id)
    store.books.set_book(tx, actor.workspace, book.id, file.name, file.raw)
    store.books.set_content_hash(tx, actor.workspace, book.id, file.content_hash)
    store.books.delete_entries(tx, actor.workspace, book.id)
    store.books.insert_entries(tx, actor.workspace, book.id, 0, entries)
    names: dict[str, Json] = {"name": book.name}
    audit.record(tx, actor, "lorebook.changed", "lorebook", book.id, before=names, after=names)
