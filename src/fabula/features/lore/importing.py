"""Import lorebook files: read them outside any transaction, then store all in one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from fabula.core.actor import Actor, Scope
from fabula.core.errors import AppError
from fabula.core.ids import uuid7
from fabula.db import WriteTx
from fabula.features import audit, identity, profiles
from fabula.features.lore import store
from fabula.features.lore.books import read_lorebook
from fabula.features.lore.entries import order_of
from fabula.features.lore.files import content_hash, split
from fabula.features.lore.types import EntryId, LorebookId, StoredEntry
from fabula.plugins import Json

UNNAMED = "Unnamed"
_NAME_CHARS = 500


class ImportStatus(StrEnum):
    CREATED = "created"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ParsedBook:
    """A file that was read: a book to store, or the error that says why there is none."""

    file: str
    name: str
    raw: dict[str, Json] | None
    entries: tuple[tuple[StoredEntry, float], ...]
    content_hash: str | None
    notes: tuple[tuple[str, str, str], ...]
    error: AppError | None


@dataclass(frozen=True, slots=True)
class BookItem:
    """What became of one file; `notes` are (code, path, message), `error` is (code, message)."""

    file: str
    status: ImportStatus
    lorebook_id: LorebookId | None
    name: str | None
    notes: tuple[tuple[str, str, str], ...]
    error: tuple[str, str] | None


def parse_file(file: str, data: bytes) -> ParsedBook:
    """Read one file; never raises for a bad one. Blocking for large files: call from a thread.

    A card's own book is not taken out of it: it stays in the card's profile, where tales read it.
    """
    try:
        found = profiles.read_book(data)
    except AppError as error:
        return ParsedBook(file, "", None, (), None, (), error)
    root = found.root
    raw, rows = split(root)
    own = read_lorebook(root).name or PurePath(file).stem
    name = " ".join(own.split())[:_NAME_CHARS] or UNNAMED
    entries = tuple((StoredEntry(EntryId(uuid7()), place, entry), order_of(entry)) for place, entry in rows)
    notes = tuple((warning.code, warning.path, warning.message) for warning in found.report)
    return ParsedBook(file, name, raw, entries, content_hash(root), notes, None)


def import_books(tx: WriteTx, actor: Actor, files: Sequence[ParsedBook]) -> list[BookItem]:
    """Store what was read; a file whose content is here already is a `duplicate` and carries that book's id."""
    actor.require(Scope.WORKSHOP_WRITE)
    identity.hold_workspace(tx, actor)  # two imports of one file at the same time would each find none of it
    return [_import_one(tx, actor, file) for file in files]


def _import_one(tx: WriteTx, actor: Actor, file: ParsedBook) -> BookItem:
    if file.raw is None or file.content_hash is None:
        error = None if file.error is None else (file.error.code, file.error.message)
        return BookItem(file.file, ImportStatus.FAILED, None, None, file.notes, error)
    same = store.books.find_same_content(tx, actor.workspace, file.content_hash)
    if same is not None:
        return BookItem(file.file, ImportStatus.DUPLICATE, same[0], same[1], file.notes, None)
    book = LorebookId(uuid7())
    store.books.insert_book(tx, actor.workspace, book, file.name, file.raw, file.content_hash)
    store.books.insert_entries(tx, actor.workspace, book, 0, file.entries)
    audit.record(tx, actor, "lorebook.created", "lorebook", book, after={"name": file.name})
    return BookItem(file.file, ImportStatus.CREATED, book, file.name, file.notes, None)
