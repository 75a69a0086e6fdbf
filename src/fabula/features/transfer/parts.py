"""The parts of a data folder that are files by themselves: lorebooks, cards, presets, and the settings' personas."""

import asyncio
from collections.abc import Sequence
from pathlib import PurePosixPath

from fabula.core.actor import Actor
from fabula.core.errors import AppError
from fabula.core.ids import PersonaId, ProfileId
from fabula.features import lore, profiles
from fabula.features.lore import LorebookId
from fabula.features.personas import PersonaPicture, media_type_of
from fabula.features.profiles import ImportItem, ParsedFile
from fabula.features.transfer import personas, presets
from fabula.features.transfer.chatfile import read_object
from fabula.features.transfer.layout import Layout
from fabula.features.transfer.personas import GivenPersona, ReadyPersona
from fabula.features.transfer.shelves import Known, Shelves, bind
from fabula.features.transfer.source import Source
from fabula.features.transfer.types import Item, ItemKind, ItemStatus, JsonObject, Note, Notes
from fabula.features.transfer.worlds import additional_books, global_books

MAX_CARD_BYTES = 100 * 2**20
MAX_JSON_BYTES = 32 * 2**20
MAX_PICTURE_BYTES = 20 * 2**20
PERSONAS_AT_ONCE = 20  # what one transaction stores


def failed_item(file: str, kind: ItemKind, error: AppError) -> Item:
    return Item(file, kind, ItemStatus.FAILED, None, None, (), (error.code, error.message))


async def import_books(to: Shelves, actor: Actor, source: Source, known: Known, paths: Sequence[str]) -> list[Item]:
    """World info files; a book is known by its file's name afterwards."""
    items = []
    for path in paths:
        try:
            data = await asyncio.to_thread(source.read, path, MAX_JSON_BYTES)
        except AppError as error:
            items.append(failed_item(path, ItemKind.LOREBOOK, error))
            continue
        parsed = await asyncio.to_thread(lore.parse_file, path, data)
        found = await to.db.write(actor, lore.import_or_renew, parsed, known.taken)
        if found.lorebook_id is not None:
            known.taken.add(found.lorebook_id)
        notes = tuple(Note(*note) for note in found.notes)
        status = ItemStatus(found.status.value)
        items.append(Item(path, ItemKind.LOREBOOK, status, found.lorebook_id, found.name, notes, found.error))
    return items


async def import_cards(to: Shelves, actor: Actor, source: Source, known: Known, paths: Sequence[str]) -> list[Item]:
    """Character cards; one without a book of its own is bound to the lorebook it names."""
    parsed: list[ParsedFile] = []
    items: list[Item] = []
    for path in paths:
        try:
            data = await asyncio.to_thread(source.read, path, MAX_CARD_BYTES)
        except AppError as error:
            items.append(failed_item(path, ItemKind.PROFILE, error))
            continue
        parsed.append(await asyncio.to_thread(profiles.parse_file, to.blobs, path, data))
    found = await to.db.write(actor, profiles.import_cards, parsed, to.jobs.enqueue)
    for card, item in zip(parsed, found, strict=True):
        if item.profile_id is not None and card.card is not None:
            book = known.books.get(_world_of(card.card.content.spec))
            await bind(to, actor, book, "entity_profile", item.profile_id)
        items.append(card_item(item))
    return items


def card_item(item: ImportItem, *notes: Note) -> Item:
    told = tuple(Note(note.code, note.path, note.message) for note in item.notes)
    status = ItemStatus(item.status.value)
    return Item(item.file, ItemKind.PROFILE, status, item.profile_id, item.name, (*told, *notes), item.error)


async def import_presets(to: Shelves, actor: Actor, source: Source, known: Known, paths: Sequence[str]) -> list[Item]:
    items = []
    for path in paths:
        try:
            data = await asyncio.to_thread(source.read, path, MAX_JSON_BYTES)
        except AppError as error:
            items.append(failed_item(path, ItemKind.PRESET, error))
            continue
        folder = PurePosixPath(path).parent.name
        items.append(await presets.import_preset(to.db, actor, to.defaults, path, folder, data))
    return items


async def import_settings(to: Shelves, actor: Actor, source: Source, known: Known, layout: Layout) -> list[Item]:
    """The personas, and which lorebooks take part, always or with a character."""
    path = layout.settings
    if path is None:
        return []
    try:
        settings = await asyncio.to_thread(lambda: _parse(source.read(path, MAX_JSON_BYTES)))
    except AppError as error:
        return [failed_item(path, ItemKind.SETTINGS, error)]
    except (ValueError, RecursionError) as error:
        reason = ("transfer.not_settings", f"not JSON settings: {str(error)[:200]}")
        return [Item(path, ItemKind.SETTINGS, ItemStatus.FAILED, None, None, (), reason)]
    missing = await _bind_books(to, actor, known, settings)
    told = [Item(path, ItemKind.SETTINGS, ItemStatus.SKIPPED, None, None, missing.all())] if missing.all() else []
    return told + await _import_personas(to, actor, source, known, layout, list(personas.read_personas(settings)))


async def _bind_books(to: Shelves, actor: Actor, known: Known, settings: JsonObject) -> Notes:
    """Bind the lorebooks that the settings choose, for all chats and for characters; notes of those that are not here."""
    missing = Notes()
    for name in global_books(settings):
        if name not in known.books:
            missing.add("book_missing", "world_info.globalSelect", f"no lorebook {name!r} is here to take part always")
        await bind(to, actor, known.books.get(name), "global", None)
    for card, names in additional_books(settings):
        if card not in known.cards:
            missing.add("card_missing", "world_info.charLore", f"no card {card!r} is here to bind its lorebooks to")
            continue
        for name in names:
            if name not in known.books:
                missing.add("book_missing", "world_info.charLore", f"no lorebook {name!r} is here for {card!r}")
            await bind(to, actor, known.books.get(name), "entity_profile", known.cards[card][0])
    return missing


async def _import_personas(
    to: Shelves, actor: Actor, source: Source, known: Known, layout: Layout, given: Sequence[GivenPersona]
) -> list[Item]:
    before = await to.db.read(actor, personas.list_known)
    items: list[Item] = []
    for first in range(0, len(given), PERSONAS_AT_ONCE):
        ready = []
        for one in given[first : first + PERSONAS_AT_ONCE]:
            # The picture of one that is here is not stored again.
            path = None if one.mark in before else layout.pictures.get(one.avatar)
            picture, notes = await _picture(to, source, path)
            ready.append(ReadyPersona(one, picture, known.books.get(one.lorebook), notes))
        items += await to.db.write(actor, personas.store_new, to.scopes, ready)
    return items


async def _picture(to: Shelves, source: Source, path: str | None) -> tuple[PersonaPicture | None, tuple[Note, ...]]:
    if path is None:
        return None, ()

    def put() -> PersonaPicture:
        data = source.read(path, MAX_PICTURE_BYTES)
        kind = media_type_of(data)
        return PersonaPicture(to.blobs.put(data), kind)

    try:
        return await asyncio.to_thread(put), ()
    except AppError as error:
        return None, (Note("no_picture", path, error.message),)


def learn(known: Known, items: Sequence[JsonObject]) -> None:
    """Note what became of a step's files, also when the step was done before a restart."""
    for item in items:
        found, kind, file = item["id"], item["kind"], str(item["file"])
        if kind == ItemKind.CHAT.value:
            known.chats.add(file)
        if not isinstance(found, str):
            continue
        if kind == ItemKind.PROFILE.value:
            known.cards[PurePosixPath(file).stem] = (ProfileId(found), str(item["name"]))
        elif kind == ItemKind.LOREBOOK.value:
            known.books[PurePosixPath(file).stem] = LorebookId(found)
            known.taken.add(LorebookId(found))
        elif kind == ItemKind.PERSONA.value:
            known.personas[file] = PersonaId(found)


def _parse(data: bytes) -> JsonObject:
    return read_object(data.decode("utf-8-sig"))


def _world_of(spec: JsonObject) -> str:
    """The lorebook a card names; empty where it has one of its own, which is most often the same one."""
    own, extensions = spec.get("character_book"), spec.get("extensions")
    world = extensions.get("world") if isinstance(extensions, dict) else None
    has_own = isinstance(own, dict) and bool(own.get("entries"))
    return world if isinstance(world, str) and not has_own else ""
