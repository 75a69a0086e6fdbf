"""Import cards: read and put away the bytes outside any transaction, then store all profiles in one."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fabula.core.actor import Actor, Scope
from fabula.core.errors import AppError
from fabula.core.ids import ProfileId, uuid7
from fabula.db import WriteTx
from fabula.engine.blobs import FileBlobs
from fabula.features import audit, identity
from fabula.features.profiles.cards import CardFile, content_hash, read_card
from fabula.features.profiles.rules import storable_name, tags_of
from fabula.features.profiles.search import index_profiles
from fabula.features.profiles.store import rows
from fabula.features.profiles.thumbnails import Enqueue, ask_for_thumbnails
from fabula.features.profiles.types import (
    Content,
    ImportItem,
    ImportNote,
    ImportStatus,
    Origin,
    Picture,
    StoredCard,
)
from fabula.plugins import Json

# What one transaction stores in well under 50 ms.
CARDS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file that was read: a card to store, or the error that says why there is none."""

    file: str
    card: StoredCard | None
    notes: tuple[ImportNote, ...]
    error: AppError | None


def parse_file(blobs: FileBlobs, file: str, data: bytes) -> ParsedFile:
    """Read one card and store its bytes; never raises for a bad card. Blocking: call from a thread."""
    try:
        card = read_card(data, file)
    except AppError as error:
        return ParsedFile(file, None, (), error)
    notes = tuple(ImportNote(w.code, w.path, w.message) for w in card.report)
    return ParsedFile(file, _put_away(blobs, card, data), notes, None)


async def parse_files(blobs: FileBlobs, files: Iterable[tuple[str, Callable[[], bytes]]]) -> list[ParsedFile]:
    """As `parse_file` for each name and reader, in their order.

    One at a time: four at once were a fifth sooner done, and kept the database's writer from its core for 90 ms.
    """

    def parse(name: str, read: Callable[[], bytes]) -> ParsedFile:
        return parse_file(blobs, name, read())

    return [await asyncio.to_thread(parse, *file) for file in files]


def import_cards(
    tx: WriteTx, actor: Actor, files: Sequence[ParsedFile], enqueue: Enqueue | None = None
) -> list[ImportItem]:
    """Store what was read; a card whose content is here already is a `duplicate` and carries that profile's id.

    Give at most `CARDS_AT_ONCE` files: a transaction must stay short. Without `enqueue` pictures get no small one.
    """
    actor.require(Scope.PROFILE_WRITE)
    if files:
        # Two imports of one card at the same time would each find none of it.
        identity.hold_workspace(tx, actor)
    hashes = [hashed for file in files if (hashed := _hash_of(file)) is not None]
    known = rows.find_same_contents(tx, actor.workspace, hashes) if hashes else {}
    new: dict[ProfileId, StoredCard] = {}
    items = [_settle(file, known, new) for file in files]
    if new:
        rows.insert_profiles(tx, actor.workspace, new)
        index_profiles(tx, actor.workspace, {profile: card.content for profile, card in new.items()})
    made: dict[str, dict[str, Json]] = {profile: {"name": card.content.name} for profile, card in new.items()}
    audit.record_each(tx, actor, "profile.created", "entity_profile", made)
    if enqueue is not None:
        ask_for_thumbnails(tx, actor, enqueue, [profile for profile, card in new.items() if card.avatar])
    return items


def import_last_cards(
    tx: WriteTx, actor: Actor, stored: Sequence[ImportItem], files: Sequence[ParsedFile], enqueue: Enqueue
) -> list[ImportItem]:
    """As `import_cards`, of the last files of a request; what became of the others, `stored`, is told with them."""
    return [*stored, *import_cards(tx, actor, files, enqueue)]


def has_pictures(files: Iterable[ParsedFile]) -> bool:
    """Tell whether storing these may enqueue a job."""
    return any(file.card is not None and file.card.avatar is not None for file in files)


def _hash_of(file: ParsedFile) -> str | None:
    return None if file.card is None or file.card.origin is None else file.card.origin.content_hash


def _settle(file: ParsedFile, known: dict[str, tuple[ProfileId, str]], new: dict[ProfileId, StoredCard]) -> ImportItem:
    """Decide one file, adding to what is `known` and `new`: the next file of the batch may be the same card."""
    if file.card is None:
        error = None if file.error is None else (file.error.code, file.error.message)
        return ImportItem(file.file, ImportStatus.FAILED, None, None, file.notes, error)
    hashed = _hash_of(file)
    if hashed is not None and hashed in known:
        profile, name = known[hashed]
        return ImportItem(file.file, ImportStatus.DUPLICATE, profile, name, file.notes, None)
    profile, name = ProfileId(uuid7()), file.card.content.name
    new[profile] = file.card
    if hashed is not None:
        known[hashed] = (profile, name)
    return ImportItem(file.file, ImportStatus.CREATED, profile, name, file.notes, None)


def _put_away(blobs: FileBlobs, card: CardFile, data: bytes) -> StoredCard:
    original = blobs.put(data)
    avatar = card.avatar
    picture = None
    if avatar is not None:
        # A PNG card is its own picture: one blob, not two.
        key = original if avatar.data is data else blobs.put(avatar.data)
        picture = Picture(key, avatar.media_type, None)
    content = Content(storable_name(card.spec.get("name")), card.spec, tags_of(card.spec))
    return StoredCard(content, Origin(card.raw, original, card.container.value, content_hash(card)), picture)
