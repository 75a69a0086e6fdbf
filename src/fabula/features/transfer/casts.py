"""The chats of a data folder: each character's, and those of groups, as far as one profile can answer in them."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from fabula.core.actor import Actor
from fabula.core.errors import AppError
from fabula.core.ids import ChatId, ProfileId
from fabula.db import WriteTx
from fabula.features import lore, profiles
from fabula.features.conversations import whole
from fabula.features.transfer.awake import FIELD, timed_lore, wake
from fabula.features.transfer.chatfile import HeaderView, Outline, read_object, title_of
from fabula.features.transfer.chats import MAX_CHAT_BYTES, import_chats, look_through
from fabula.features.transfer.destination import Destination, failed
from fabula.features.transfer.errors import CharacterUnknown
from fabula.features.transfer.family import stem
from fabula.features.transfer.layout import Layout
from fabula.features.transfer.parts import MAX_JSON_BYTES, card_item, failed_item, learn
from fabula.features.transfer.shelves import Known, Shelves
from fabula.features.transfer.source import Source
from fabula.features.transfer.types import Cast, Item, ItemKind, ItemStatus, JsonObject, Note
from fabula.plugins import Json


async def import_character_chats(
    to: Shelves, actor: Actor, source: Source, known: Known, folder: str, paths: Sequence[str]
) -> list[Item]:
    """A character's chats; without its card they are with a profile that has nothing but its name."""
    items: list[Item] = []
    if folder not in known.cards:
        made = await _stand_in(to, actor, folder)
        learn(known, [made.to_json()])
        items.append(made)
    profile, name = known.cards[folder]
    seen = await _look(source, paths)
    return items + await _import(to, actor, source, known, Cast(profile, ((name, profile),)), seen, {})


async def import_group(
    to: Shelves, actor: Actor, source: Source, known: Known, layout: Layout, path: str
) -> list[Item]:
    """A group and its chats: each speaker keeps their name, and the first member's profile answers from now on."""
    try:
        group = await asyncio.to_thread(lambda: read_object(source.read(path, MAX_JSON_BYTES).decode("utf-8-sig")))
    except AppError as error:
        return [failed_item(path, ItemKind.GROUP, error)]
    except (ValueError, RecursionError) as error:
        reason = ("transfer.not_a_group", f"not a group: {str(error)[:200]}")
        return [Item(path, ItemKind.GROUP, ItemStatus.FAILED, None, None, (), reason)]
    name = group.get("name")
    title = (title_of(name) if isinstance(name, str) else "") or path
    members = _texts(group.get("members"))
    cast = [known.cards[key] for member in members if (key := member.rpartition(".")[0]) in known.cards]
    paths = [layout.group_chats[chat] for chat in _chats_of(group) if chat in layout.group_chats]
    if not cast:
        unknown = CharacterUnknown(members[0] if members else "")
        return [failed_item(path, ItemKind.GROUP, unknown), *(failed(chat, unknown) for chat in paths)]
    speakers = tuple((speaker, profile) for profile, speaker in cast)
    seen = [_headed(found, group) for found in await _look(source, paths)]
    items = await _import(to, actor, source, known, Cast(cast[0][0], speakers), seen, {"group": group})
    return [_group_item(path, title, cast[0][1], items), *items]


def _headed(found: Outline | Item, group: JsonObject) -> Outline | Item:
    """A group chat of older versions has no header; what it would say of the chat stands in the group's file."""
    if isinstance(found, Item) or found.header is not None:
        return found
    name, past = stem(found.file), group.get("past_metadata")
    current = group.get("chat_metadata") if _ids([group.get("chat_id")]) == [name] else None
    told = current or (past.get(name) if isinstance(past, dict) else None)
    return found.headed(told) if isinstance(told, dict) else found


def _group_item(path: str, title: str, answering: str, chats: Sequence[Item]) -> Item:
    """A group is nothing here but its chats, so what became of them became of it."""
    if not chats:
        none = Note("no_chats", "", "it has no chats, and nothing else of a group is kept here")
        return Item(path, ItemKind.GROUP, ItemStatus.SKIPPED, None, title, (none,))
    of_one = Note("group_of_one", "", f"all members keep their words; from now on {answering!r} answers")
    statuses = {chat.status for chat in chats}
    if statuses == {ItemStatus.FAILED}:
        return Item(path, ItemKind.GROUP, ItemStatus.FAILED, None, title, (), chats[0].error)
    status = ItemStatus.CREATED if ItemStatus.CREATED in statuses else ItemStatus.DUPLICATE
    return Item(path, ItemKind.GROUP, status, None, title, (of_one,))


async def import_left_chats(to: Shelves, actor: Actor, source: Source, known: Known, layout: Layout) -> list[Item]:
    """The chats that no group names any more: each with the most talkative of those who speak in it and are here."""
    items: list[Item] = []
    here = {name: profile for profile, name in known.cards.values()}
    for path in sorted(set(layout.group_chats.values()) - known.chats):
        (seen,) = await _look(source, [path])
        if isinstance(seen, Item):
            items.append(seen)
            continue
        cast = tuple((name, here[name]) for name in seen.names if name in here)
        if not cast:
            note = Note("no_group", "", "no group names this chat, and nobody who speaks in it is here")
            items.append(Item(path, ItemKind.CHAT, ItemStatus.SKIPPED, None, None, (note,)))
            continue
        name, profile = await _answering(to, actor, cast, seen)
        (item,) = await _import(to, actor, source, known, Cast(profile, cast), [seen], {})
        note = Note("no_group", "", f"no group names this chat; from now on {name!r} answers")
        items.append(replace(item, notes=(*item.notes, note)))
    return items


async def _answering(
    to: Shelves, actor: Actor, cast: Sequence[tuple[str, ProfileId]], outline: Outline
) -> tuple[str, ProfileId]:
    """The first of the cast, unless the chat came in with another of them while its group was still there."""
    for one in cast:
        if await to.db.read(actor, whole.find_imported, one[1], outline.key) is not None:
            return one
    return cast[0]


async def _look(source: Source, paths: Sequence[str]) -> list[Outline | Item]:
    """What each chat's file holds, or what is to be said of one that cannot be read."""
    return [await look_through(path, partial(source.read, path, MAX_CHAT_BYTES)) for path in paths]


async def _import(
    to: Shelves,
    actor: Actor,
    source: Source,
    known: Known,
    cast: Cast,
    seen: Sequence[Outline | Item],
    beside: JsonObject,
) -> list[Item]:
    awake = set[str]()

    def bound(view: HeaderView) -> JsonObject:
        persona = known.personas.get(view.persona)
        return {} if persona is None else {"personaId": persona}

    def attach(tx: WriteTx, actor: Actor, chat: ChatId, outlines: Sequence[Outline]) -> None:
        for world in dict.fromkeys(outline.view.world for outline in outlines):
            if world in known.books:
                lore.binding.bind(tx, actor, to.scopes, known.books[world], "chat", chat)

    def complete(tx: WriteTx, actor: Actor, chat: ChatId, outlines: Sequence[Outline]) -> None:
        attach(tx, actor, chat, outlines)
        root = outlines[0]
        changes = () if root.view.main else timed_lore(root)
        if changes and wake(tx, actor, chat, changes, known.books):
            awake.add(root.file)

    outlines = [found for found in seen if isinstance(found, Outline)]
    into = Destination(cast, lambda outline: source.read(outline.file, MAX_CHAT_BYTES), bound, beside, attach, complete)
    items = await import_chats(to.db, actor, into, outlines)
    told = [_without_idle(item) if item.file in awake else item for item in items]
    return [found for found in seen if isinstance(found, Item)] + told


def _without_idle(item: Item) -> Item:
    """The item of a chat whose timed effects go on here, without the note that they do nothing."""
    return replace(item, notes=tuple(note for note in item.notes if not note.path.endswith(f".{FIELD}")))


async def _stand_in(to: Shelves, actor: Actor, name: str) -> Item:
    """A profile for chats whose card is gone; the same name again is the same profile."""
    card = json.dumps({"name": name, "description": "", "first_mes": ""}).encode()
    parsed = await asyncio.to_thread(profiles.parse_file, to.blobs, f"{name}.json", card)
    (made,) = await to.db.write(actor, profiles.import_cards, [parsed])
    note = Note("card_missing", "", "there are chats but no card; the profile has nothing but the name")
    return card_item(made, note)


def _chats_of(group: JsonObject) -> list[str]:
    return list(dict.fromkeys([*_ids(group.get("chats")), *_ids([group.get("chat_id")])]))


def _ids(value: Json) -> list[str]:
    """The names of chats; the first versions counted milliseconds, and wrote them as numbers."""
    given = value if isinstance(value, list) else []
    return [str(item) for item in given if isinstance(item, str | int) and not isinstance(item, bool)]


def _texts(value: Json) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
