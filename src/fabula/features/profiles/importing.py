"""Import cards: read and put away the bytes outside any transaction, then store all profiles in one."""

from collections.abc import Sequence
from dataclasses import dataclass

from fabula.core.actor import Actor, Scope
from fabula.core.errors import AppError
from fabula.db import WriteTx
from fabula.engine.blobs import FileBlobs
from fabula.features.profiles import store
from fabula.features.profiles.cards import CardFile, content_hash, read_card
from fabula.features.profiles.types import ImportItem, ImportNote, ImportStatus, NewProfile
from fabula.features.profiles.write import create
from fabula.plugins import Json

UNNAMED = "Unnamed"
_NAME_CHARS = 500


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file that was read: a profile to store, or the error that says why there is none."""

    file: str
    profile: NewProfile | None
    notes: tuple[ImportNote, ...]
    error: AppError | None


def parse_file(blobs: FileBlobs, file: str, data: bytes) -> ParsedFile:
    """Read one card and store its bytes; never raises for a bad card. Blocking: call from a thread."""
    try:
        card = read_card(data, file)
    except AppError as error:
        return ParsedFile(file, None, (), error)
    notes = tuple(ImportNote(w.code, w.path, w.message) for w in card.report)
    return ParsedFile(file, _new_profile(blobs, card, data), notes, None)


def import_cards(tx: WriteTx, actor: Actor, files: Sequence[ParsedFile]) -> list[ImportItem]:
    """Store what was read; a card whose content is here already is a `duplicate` and carries that profile's id."""
    actor.require(Scope.PROFILE_WRITE)
    return [_import_one(tx, actor, file) for file in files]


def _import_one(tx: WriteTx, actor: Actor, file: ParsedFile) -> ImportItem:
    new = file.profile
    if new is None:
        error = None if file.error is None else (file.error.code, file.error.message)
        return ImportItem(file.file, ImportStatus.FAILED, None, None, file.notes, error)
    same = None if new.content_hash is None else store.find_same_content(tx, actor.workspace, new.content_hash)
    if same is not None:
        return ImportItem(file.file, ImportStatus.DUPLICATE, same[0], same[1], file.notes, None)
    profile = create(tx, actor, new)
    return ImportItem(file.file, ImportStatus.CREATED, profile.id, profile.name, file.notes, None)


def _new_profile(blobs: FileBlobs, card: CardFile, data: bytes) -> NewProfile:
    original = blobs.put(data)
    avatar = card.avatar
    same_bytes = avatar is not None and avatar.data == data
    return NewProfile(
        name=storable_name(card.spec.get("name")),
        spec=card.spec,
        tags=tags_of(card.spec),
        raw=card.raw,
        original_blob=original,
        original_format=card.container.value,
        avatar_blob=original if same_bytes else None if avatar is None else blobs.put(avatar.data),
        avatar_type=None if avatar is None else avatar.media_type,
        content_hash=content_hash(card),
    )


def tags_of(spec: dict[str, Json]) -> list[str]:
    """The tags of a V3 data object that are text."""
    found = spec.get("tags")
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def storable_name(name: Json) -> str:
    """A card's name as lists show it: one line, never empty, and nothing that a database cannot hold."""
    text = name if isinstance(name, str) else ""
    clean = text.encode("utf-8", "replace").decode().replace("\x00", "")
    return " ".join(clean.split())[:_NAME_CHARS] or UNNAMED
