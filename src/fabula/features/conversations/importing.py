"""Build a chat in batches, invisible until it is whole: a fork into a new chat, or a chat that comes from a file.

Open, add in transactions of their own, finish. What is left over of an import that nobody goes on with is removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, MessageId, ProfileId, VariantId, WorkspaceId, uuid7
from fabula.db import WriteTx
from fabula.features import usage
from fabula.features.conversations import store
from fabula.features.conversations.indexing import forget_some, index_messages, index_title
from fabula.features.conversations.read import find_end, get_chat, list_messages
from fabula.features.conversations.rules import preview_of
from fabula.features.conversations.store.chats import NewRow
from fabula.features.conversations.store.message_changes import NewRow as NewMessageRow
from fabula.features.conversations.store.variants import NewVariant
from fabula.features.conversations.types import (
    Author,
    Chat,
    ChatKind,
    ChatStatus,
    MessageRole,
    NewMessage,
    Origin,
    TextState,
    VariantKind,
)
from fabula.plugins import Json

# Messages and variants together. A transaction may hold up every other writer for 50 ms; so many rows take 8 ms of
# the processor (p99 21, SQLite), which leaves room for the disk.
BATCH_ROWS = 150


@dataclass(frozen=True, slots=True)
class NewImport:
    kind: ChatKind
    profile: ProfileId | None
    title: str
    settings: dict[str, Json]
    meta: dict[str, Json]
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class ImportedVariant:
    kind: VariantKind
    prompt_text: str
    created_at: datetime
    reasoning: str = ""
    blocks: list[dict[str, Json]] | None = None
    meta: dict[str, Json] | None = None
    state: TextState = TextState.SETTLED


@dataclass(frozen=True, slots=True)
class ImportedMessage:
    """`selected` is the index of the variant that is shown."""

    role: MessageRole
    author: Author
    created_at: datetime
    variants: Sequence[ImportedVariant]
    selected: int = 0
    hidden: bool = False
    meta: dict[str, Json] | None = None


def open_chat(tx: WriteTx, actor: Actor, new: NewImport) -> tuple[ChatId, BranchId]:
    """A chat with its `main` that nobody sees yet."""
    actor.require(Scope.CHAT_WRITE)
    chat, branch = ChatId(uuid7()), BranchId(uuid7())
    row = NewRow(
        chat, branch, new.kind, new.profile, new.title, ChatStatus.IMPORTING, new.settings, new.meta, new.origin
    )
    store.chats.insert_chat(tx, actor.workspace, row)
    store.branches.insert_main(tx, actor.workspace, chat, branch)
    if new.title:
        index_title(tx, actor.workspace, chat, new.title)
    return chat, branch


def add(
    tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId, first_seq: int, messages: Sequence[ImportedMessage]
) -> None:
    """Add settled messages from place `first_seq` on; together with their variants at most `BATCH_ROWS`."""
    rows: list[NewMessageRow] = []
    variants: list[NewVariant] = []
    for seq, message in enumerate(messages, first_seq):
        owner = MessageId(uuid7())
        made = [_variant(owner, variant) for variant in message.variants]
        shown = made[message.selected]
        new = NewMessage(message.role, shown.prompt_text, message.author, shown.blocks)
        place = (owner, shown.id, seq, new, shown.state)
        rows.append(NewMessageRow(*place, message.hidden, message.meta, message.created_at))
        variants += made
    if rows:
        store.message_changes.insert_messages(tx, actor.workspace, chat, branch, rows)
        store.variants.insert_variants(tx, actor.workspace, variants)
        index_messages(tx, actor.workspace, chat, [(row.id, row.new.prompt_text) for row in rows])
        store.branches.advance(tx, actor.workspace, branch, first_seq + len(rows) - 1)
    store.chats.beat(tx, actor.workspace, chat)


def grow(
    tx: WriteTx, actor: Actor, chat: ChatId, message: MessageId, known: Sequence[VariantId], new: ImportedMessage
) -> None:
    """Give an imported message the variants that `new` has behind the `known` ones, and show what `new` shows."""
    actor.require(Scope.CHAT_WRITE)
    made = [_variant(message, variant) for variant in new.variants[len(known) :]]
    if made:
        store.variants.insert_variants(tx, actor.workspace, made)
    ids, text = [*known, *(variant.id for variant in made)], new.variants[new.selected].prompt_text
    store.message_changes.set_grown(
        tx, actor.workspace, message, ids[new.selected], text, hidden=new.hidden, meta=new.meta
    )
    index_messages(tx, actor.workspace, chat, [(message, text)])


def finish(tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId) -> Chat:
    """Show the chat: it is whole."""
    store.chats.appear(tx, actor.workspace, chat)
    usage.record(tx, actor, [(usage.Meter.CONVERSATIONS_STARTED, 1)], chat=chat)
    _show_last(tx, actor, chat)
    tx.emit(actor.workspace, "chat.changed", chatId=chat)
    return get_chat(tx, actor, chat)


def note_growth(tx: WriteTx, actor: Actor, chat: ChatId) -> None:
    """Messages were added to a chat that is shown: where its active branch ends now, and when that was written."""
    _show_last(tx, actor, chat)
    tx.emit(actor.workspace, "chat.changed", chatId=chat)


def discard(tx: WriteTx, actor: Actor, chat: ChatId) -> bool:
    """Remove a part of an unfinished import; False when nothing of it is left."""
    return _remove_some(tx, actor.workspace, chat)


def remove_unfinished(tx: WriteTx, idle_seconds: float) -> bool:
    """Remove a part of the imports that nobody has gone on with for so long; False when none is left.

    Run it across workspaces until it is False: at start, with 0 where this process is the only one.
    """
    unfinished = store.chats.list_unfinished(tx, tx.now - timedelta(seconds=idle_seconds))
    if not unfinished:
        return False
    chat, workspace = unfinished[0]
    return _remove_some(tx, workspace, chat) or len(unfinished) > 1


def _remove_some(tx: WriteTx, ws: WorkspaceId, chat: ChatId) -> bool:
    forget_some(tx, ws, chat, BATCH_ROWS // 2)
    if store.message_changes.remove_some(tx, ws, chat, BATCH_ROWS // 2):
        return True
    store.chats.remove(tx, ws, chat)
    return False


def _show_last(tx: WriteTx, actor: Actor, chat: ChatId) -> None:
    preview = preview_of(find_end(tx, actor, get_chat(tx, actor, chat)))
    for last in list_messages(tx, actor, chat, None, 1, None, None):
        store.previews.set_last(tx, actor.workspace, chat, last.created_at, preview)


def _variant(owner: MessageId, variant: ImportedVariant) -> NewVariant:
    return NewVariant(
        VariantId(uuid7()),
        owner,
        variant.kind,
        variant.prompt_text,
        variant.state,
        variant.reasoning,
        variant.blocks,
        variant.meta,
        created_at=variant.created_at,
    )
