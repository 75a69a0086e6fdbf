"""Where chat files come to, and how the messages of one are poured out, batch by batch."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fabula.core.actor import Actor
from fabula.core.clock import utc_now
from fabula.core.errors import AppError
from fabula.core.ids import ChatId
from fabula.db import WriteTx
from fabula.features.conversations import Chat, importing
from fabula.features.transfer.chatfile import HeaderView, Outline, read_batches, read_date
from fabula.features.transfer.types import Cast, Item, ItemKind, ItemStatus, JsonObject, Note
from fabula.plugins import Json

# The content of a file that was looked through before; blocking.
Read = Callable[[Outline], bytes]
Bound = Callable[[HeaderView], JsonObject]
Attach = Callable[[WriteTx, Actor, ChatId, Sequence[Outline]], None]
Add = Callable[[Sequence[importing.ImportedMessage]], Awaitable[None]]


def _nothing_bound(view: HeaderView) -> JsonObject:
    return {}


def _nothing(tx: WriteTx, actor: Actor, chat: ChatId, outlines: Sequence[Outline]) -> None:
    """For files that are given alone: nothing they name came along."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Whom the chats are with, where their files are, what settings a header stands for, and what to keep beside it.

    `attach` lets take part what the headers of a chat's files name; it runs in the transaction that shows what came
    from them, for an import that dies behind it would find them imported. `complete` does so for a chat that is new.
    """

    cast: Cast
    read: Read
    bound: Bound = _nothing_bound
    beside: Mapping[str, Json] = field(default_factory=dict)
    attach: Attach = _nothing
    complete: Attach = _nothing


async def pour(to: Destination, outline: Outline, skip: int, add: Add) -> None:
    """Give `add` the file's messages from place `skip` on, one batch after the other."""
    data = await asyncio.to_thread(to.read, outline)
    start = read_date((outline.header or {}).get("create_date")) or utc_now()
    batches = read_batches(data, to.cast, start, skip=skip)
    batch = await asyncio.to_thread(next, batches, None)
    while batch:
        # The next batch is read while the database stores this one.
        _, batch = await asyncio.gather(add(batch), asyncio.to_thread(next, batches, None))


def item_of(outline: Outline, status: ItemStatus, chat: Chat, notes: Sequence[Note] = ()) -> Item:
    return Item(outline.file, ItemKind.CHAT, status, chat.id, chat.title, (*outline.notes, *notes))


def failed(file: str, error: AppError, notes: tuple[Note, ...] = ()) -> Item:
    return Item(file, ItemKind.CHAT, ItemStatus.FAILED, None, None, notes, (error.code, error.message))
