"""What an import of a whole folder puts things into, and how they find each other there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fabula.core.actor import Actor
from fabula.core.ids import PersonaId, ProfileId
from fabula.db import Database, WriteTx
from fabula.engine.blobs import FileBlobs
from fabula.engine.jobs import Jobs
from fabula.features import lore
from fabula.features.connections import Defaults
from fabula.features.lore import LorebookId
from fabula.features.prompting import Scopes


@dataclass(frozen=True, slots=True)
class Shelves:
    db: Database
    blobs: FileBlobs
    jobs: Jobs
    defaults: Defaults
    scopes: Scopes


@dataclass(frozen=True, slots=True)
class Known:
    """What was imported so far, by the names that the files of the folder use for it.

    Cards by their file's name without ending (which is their chats' folder), each with its profile's id and name;
    lorebooks by their file's name without ending; personas by their avatar's file name. `taken` are the lorebooks of
    all users' folders so far: no other file is a newer form of one of them. `chats` are the files that were read.
    """

    cards: dict[str, tuple[ProfileId, str]] = field(default_factory=dict)
    books: dict[str, LorebookId] = field(default_factory=dict)
    personas: dict[str, PersonaId] = field(default_factory=dict)
    chats: set[str] = field(default_factory=set)
    taken: set[LorebookId] = field(default_factory=set)


async def bind(shelves: Shelves, actor: Actor, book: LorebookId | None, scope: str, scope_id: str | None) -> None:
    """Let a lorebook take part; harmless when it does already, or when there is none."""
    if book is not None:
        await shelves.db.write(actor, _bind, shelves.scopes, [book], scope, scope_id)


def _bind(
    tx: WriteTx, actor: Actor, scopes: Scopes, books: Sequence[LorebookId], scope: str, scope_id: str | None
) -> None:
    for book in books:
        lore.binding.bind(tx, actor, scopes, book, scope, scope_id)
