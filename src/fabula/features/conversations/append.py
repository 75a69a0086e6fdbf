"""Add messages at the end of a locked branch."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, GenerationId, MessageId, VariantId, uuid7
from fabula.db import WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.errors import BranchNotFound
from fabula.features.conversations.indexing import index_messages, index_title
from fabula.features.conversations.read import get_chat
from fabula.features.conversations.rules import PREVIEW_CHARS, TITLE_CHARS, meta_of, noticed_blocks, one_line
from fabula.features.conversations.store.message_changes import NewRow
from fabula.features.conversations.store.variants import NewVariant
from fabula.features.conversations.types import (
    Branch,
    Chat,
    MessageRole,
    NewMessage,
    TextState,
    VariantKind,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A message to add, with the ids it and its first variant will have; `generation` is who will write it."""

    new: NewMessage
    state: TextState = TextState.SETTLED
    generation: GenerationId | None = None
    id: MessageId = field(default_factory=lambda: MessageId(uuid7()))
    variant: VariantId = field(default_factory=lambda: VariantId(uuid7()))


def entry_of(new: NewMessage) -> Entry:
    """What somebody wrote, with what its macros have to tell people of among its blocks."""
    return Entry(replace(new, blocks=noticed_blocks(new.prompt_text, "", new.blocks, new.notices), notices=()))


def lock_branch(tx: WriteTx, actor: Actor, chat: Chat, branch: BranchId | None) -> Branch:
    """The branch (the active one by default), ours alone until this transaction ends; raises `BranchNotFound`."""
    wanted = branch or chat.active_branch_id
    found = store.branches.lock_branch(tx, actor.workspace, chat, wanted)
    if found is None:
        raise BranchNotFound(wanted)
    return found


def lock_with_chat(tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId | None) -> tuple[Chat, Branch]:
    """A chat and `lock_branch` of it, in one statement; raises `ChatNotFound` too."""
    actor.require(Scope.CHAT_READ)
    found = store.locking.lock_with_chat(tx, actor.workspace, chat, branch)
    if found is None:
        known = get_chat(tx, actor, chat)
        return known, lock_branch(tx, actor, known, branch)
    return found


def add_entries(
    tx: WriteTx, actor: Actor, chat: Chat, branch: Branch, entries: Sequence[Entry], *, indexed: bool = True
) -> None:
    """Add messages at the end of a locked branch, each with its first variant; unless `indexed`, to be found later."""
    ws, first = actor.workspace, branch.last_seq + 1
    placed = [NewRow(entry.id, entry.variant, first + i, entry.new, entry.state) for i, entry in enumerate(entries)]
    store.message_changes.insert_messages(tx, ws, chat.id, branch.id, placed)
    store.variants.insert_variants(tx, ws, [_first_variant(entry) for entry in entries])
    store.branches.advance(tx, ws, branch.id, branch.last_seq + len(entries))
    _touch(tx, actor, chat, branch, [entry.new for entry in entries])
    if indexed:
        written = [(entry.id, entry.new.prompt_text) for entry in entries if entry.state is not TextState.STREAMING]
        index_messages(tx, ws, chat.id, written)
    for entry in entries:
        tx.emit(ws, "message.added", chatId=chat.id, branchId=branch.id, messageId=entry.id)


def _first_variant(entry: Entry) -> NewVariant:
    new = entry.new
    return NewVariant(
        entry.variant,
        entry.id,
        VariantKind.GENERATION if entry.generation else VariantKind.MANUAL_EDIT,
        new.prompt_text,
        entry.state,
        blocks=new.blocks,
        meta=meta_of(new.raw_text, new.effects),
        generation_id=entry.generation,
    )


def _touch(tx: WriteTx, actor: Actor, chat: Chat, branch: Branch, added: Sequence[NewMessage]) -> None:
    """The preview is the newest text of the active branch; the title, where there is none yet, a user's first message."""
    texts = [new.prompt_text for new in added if new.prompt_text]
    said = [new.prompt_text for new in added if new.role is MessageRole.USER]
    preview = one_line(texts[-1], PREVIEW_CHARS) if texts else None
    title = chat.title or (one_line(said[0], TITLE_CHARS) if said else "")
    store.previews.note_added(tx, actor.workspace, chat.id, branch.id, preview, title)
    if title != chat.title:
        index_title(tx, actor.workspace, chat.id, title)
