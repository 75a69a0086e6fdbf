"""Lore that was awake, or cooling down, when a chat left SillyTavern goes on so here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace

from fabula.core.actor import Actor
from fabula.core.ids import ChatId
from fabula.db import WriteTx
from fabula.features import conversations, lore
from fabula.features.conversations import standing
from fabula.features.lore import LorebookId, TimedChange, timed_from_st
from fabula.features.transfer.chatfile import Outline
from fabula.plugins import Json

# Where a header has it.
FIELD = "timedWorldInfo"


def timed_lore(outline: Outline) -> tuple[TimedChange, ...]:
    """A header's timed effects; an entry is its book's file name, a dot, and its number there."""
    meta = (outline.header or {}).get("chat_metadata")
    return timed_from_st(meta.get(FIELD) if isinstance(meta, dict) else None)


def wake(
    tx: WriteTx, actor: Actor, chat: ChatId, changes: Sequence[TimedChange], books: Mapping[str, LorebookId]
) -> bool:
    """Let the effects be those of the last message, so that they hold for what is said next, by the same count.

    True if all of them are of `books`, by their file names; the others are left out.
    """
    named = _entries(tx, actor, {change.entry.rpartition(".")[0] for change in changes}, books)
    known = [replace(change, entry=named[change.entry]) for change in changes if change.entry in named]
    last = conversations.list_messages(tx, actor, chat, None, 1, None, None)
    if last and known:
        noted: list[Json] = [asdict(change) for change in known]
        standing.note_effects(tx, actor, last[0].selected_variant_id, {"lore": noted})
    return len(known) == len(changes)


def _entries(tx: WriteTx, actor: Actor, worlds: Iterable[str], books: Mapping[str, LorebookId]) -> dict[str, str]:
    """Our names of entries by SillyTavern's."""
    worlds = [world for world in worlds if world in books]
    found = dict[str, str]()
    for book, entries in lore.load_books(tx, actor, [books[world] for world in worlds]):
        for world in (world for world in worlds if books[world] == book.id):
            found |= {f"{world}.{entry.raw.get('uid', entry.place)}": f"{book.id}.{entry.id}" for entry in entries}
    return found
