"""Fork into a new chat: copy a history, batch by batch, into a chat that appears when it is whole.

A flow of several transactions; a history that fits one batch is copied in one. The lorebooks bound to the chat take
part in the new one too. The chats live and die apart afterwards: copies keep no generation, and the new chat remembers
only where it came from.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, MessageId, VariantId
from fabula.db import Database, WriteTx
from fabula.engine import operations
from fabula.engine.operations import Operation
from fabula.features import lore
from fabula.features.conversations import importing, store
from fabula.features.conversations.errors import ForkInProgress, MessageNotFound, MessageStreaming
from fabula.features.conversations.importing import BATCH_ROWS, ImportedMessage, ImportedVariant, NewImport
from fabula.features.conversations.read import END, get_branch, get_chat, get_message, list_messages
from fabula.features.conversations.rules import find_segment, segments_of
from fabula.features.conversations.types import Chat, Message, Origin, TextState, Variant
from fabula.plugins import Json

# Half for the messages, half for their selected variants.
_PAGE = BATCH_ROWS // 2
_PATIENCE = 300
_PAUSE_SECONDS = 0.1

Render = Callable[[Chat], str]


@dataclass(frozen=True, slots=True)
class Fork:
    """Without `message`, the whole history of the active branch. `title` may be empty: then as the source's."""

    chat: ChatId
    message: MessageId | None
    all_variants: bool
    title: str


@dataclass(frozen=True, slots=True)
class _Copy:
    """How far a copy has come: it goes on behind source place `after`, at place `next` of the target."""

    source: ChatId
    line: BranchId
    upto: int
    all_variants: bool
    chat: ChatId
    branch: BranchId
    after: int
    next: int


async def fork(db: Database, actor: Actor, operation: Operation | None, wish: Fork, render: Render) -> str:
    """What `render` makes of the new chat; a repeated operation waits for the first and gives its answer.

    Raises `ChatNotFound`, `MessageNotFound`, or `MessageStreaming` when a message to copy is being written.
    """
    for _ in range(_PATIENCE):
        step = await db.write(actor, _begin, operation, wish, render)
        if step is not None:
            return step if isinstance(step, str) else await _go_on(db, actor, operation, step, render)
        await asyncio.sleep(_PAUSE_SECONDS)
    raise ForkInProgress


async def _go_on(db: Database, actor: Actor, operation: Operation | None, step: "_Copy | str", render: Render) -> str:
    chat = step.chat if isinstance(step, _Copy) else None
    try:
        while not isinstance(step, str):
            step = await db.write(actor, _copy, operation, step, render)
    except Exception:
        # Whatever it was: leave nothing half-made, and free the operation id.
        while chat is not None and await db.write(actor, importing.discard, chat):
            pass
        if operation is not None:
            await db.write(actor, _release, operation)
        raise
    return step


def _begin(tx: WriteTx, actor: Actor, operation: Operation | None, wish: Fork, render: Render) -> _Copy | str | None:
    """Claim the operation, open the copy, fill its first batch; None while the operation's first request runs."""
    actor.require(Scope.CHAT_WRITE)
    if operation is not None:
        answered = operations.claim(tx, actor.workspace, operation)
        if answered is not None:
            return answered.body
    source = get_chat(tx, actor, wish.chat)
    line, upto = _place(tx, actor, source, wish.message)
    new = NewImport(
        source.kind,
        source.entity_profile_id,
        wish.title or source.title,
        source.settings,
        store.chats.find_meta(tx, actor.workspace, source.id),
        Origin(source.id, line, wish.message),
    )
    chat, branch = importing.open_chat(tx, actor, new)
    return _copy(tx, actor, operation, _Copy(source.id, line, upto, wish.all_variants, chat, branch, -1, 0), render)


def _place(tx: WriteTx, actor: Actor, chat: Chat, message: MessageId | None) -> tuple[BranchId, int]:
    """Which line is copied, and up to where: the active branch if it shows `message`, else the message's own."""
    active = get_branch(tx, actor, chat, None)
    if message is None:
        return active.id, END - 1
    found = get_message(tx, actor, message)
    if found.chat_id != chat.id:
        raise MessageNotFound(message)
    lineage = store.branches.list_lineage(tx, actor.workspace, chat, active)
    shown = find_segment(segments_of(lineage), found)
    return active.id if shown else found.branch_id, found.seq


def _copy(tx: WriteTx, actor: Actor, operation: Operation | None, at: _Copy, render: Render) -> _Copy | str:
    """Copy one batch; the rendered chat once all is there."""
    page = list_messages(tx, actor, at.source, at.line, _PAGE, at.upto + 1, at.after)
    batch = _fitting(page) if at.all_variants else page
    importing.add(tx, actor, at.chat, at.branch, at.next, _read(tx, actor, batch, all_variants=at.all_variants))
    at = replace(at, after=batch[-1].seq if batch else at.after, next=at.next + len(batch))
    if len(batch) < len(page) or len(page) == _PAGE:
        return at
    lore.binding.copy_to_chat(tx, actor, at.source, at.chat)
    body = render(importing.finish(tx, actor, at.chat, at.branch))
    if operation is not None:
        operations.finish(tx, actor.workspace, operation.id, status=201, body=body)
    return body


def _fitting(page: Sequence[Message]) -> Sequence[Message]:
    """As many messages as fit a batch with all their variants; at least one, whose variants are never parted."""
    rows = 0
    for count, message in enumerate(page):
        rows += 1 + message.variant_count
        if count and rows > BATCH_ROWS:
            return page[:count]
    return page


def _read(tx: WriteTx, actor: Actor, batch: Sequence[Message], *, all_variants: bool) -> list[ImportedMessage]:
    ws = actor.workspace
    shown: dict[MessageId, VariantId] = {message.id: message.selected_variant_id for message in batch}
    found = (
        store.variants.list_of_messages(tx, ws, shown)
        if all_variants
        else store.variants.list_chosen(tx, ws, list(shown.values()))
    )
    variants: dict[MessageId, list[Variant]] = {message.id: [] for message in batch}
    for variant in found:
        variants[variant.message_id].append(variant)
    meta = store.messages.find_meta(tx, ws, list(shown))
    return [_imported(message, variants[message.id], meta[message.id]) for message in batch]


def _imported(message: Message, variants: Sequence[Variant], meta: dict[str, Json] | None) -> ImportedMessage:
    if message.state is TextState.STREAMING:
        raise MessageStreaming(message.id)
    # What another branch is having written is not part of this history yet.
    kept = [variant for variant in variants if variant.state is not TextState.STREAMING]
    selected = next(i for i, variant in enumerate(kept) if variant.id == message.selected_variant_id)
    copies = [
        ImportedVariant(v.kind, v.prompt_text, v.created_at, v.reasoning, v.blocks, v.meta, v.state) for v in kept
    ]
    return ImportedMessage(message.role, message.author, message.created_at, copies, selected, message.hidden, meta)


def _release(tx: WriteTx, actor: Actor, operation: Operation) -> None:
    operations.release(tx, actor.workspace, operation.id)
