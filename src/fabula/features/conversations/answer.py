"""What a generation does to a conversation: take a place, write its text as it comes, settle it."""

from collections.abc import Sequence
from dataclasses import dataclass

from fabula.core.actor import Actor
from fabula.core.ids import ChatId, GenerationId, MessageId, VariantId, uuid7
from fabula.db import WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.append import Entry, add_entries, entry_of, lock_branch, lock_with_chat
from fabula.features.conversations.choose import lock_settled, show
from fabula.features.conversations.indexing import index_messages
from fabula.features.conversations.read import find_end, find_variant_text
from fabula.features.conversations.rules import PREVIEW_CHARS, one_line, preview_of
from fabula.features.conversations.store.variants import NewVariant
from fabula.features.conversations.types import (
    Author,
    Branch,
    Chat,
    Message,
    MessageRole,
    NewMessage,
    TextState,
    VariantKind,
)
from fabula.plugins import Json

__all__ = [
    "AnswerSlot",
    "append",
    "append_after",
    "find_variant_text",
    "flush",
    "interrupt",
    "lock_branch",
    "lock_with_chat",
    "open_variant",
    "settle",
]


@dataclass(frozen=True, slots=True)
class AnswerSlot:
    """An empty answer that a generation will fill: the assistant's message and its new variant.

    `said` is the message that came with it. Both are indexed when the answer has settled: the model is asked sooner,
    and the index written once.
    """

    message_id: MessageId
    variant_id: VariantId
    said: MessageId | None = None


def append_after(
    tx: WriteTx, actor: Actor, chat: Chat, branch: Branch, new: NewMessage, author: Author, generation: GenerationId
) -> AnswerSlot:
    """A user's message and the empty answer to it, at the end of a locked branch."""
    said, empty = entry_of(new), _empty(author, generation)
    add_entries(tx, actor, chat, branch, [said, empty], indexed=False)
    return AnswerSlot(empty.id, empty.variant, said.id)


def append(
    tx: WriteTx, actor: Actor, chat: Chat, branch: Branch, author: Author, generation: GenerationId
) -> AnswerSlot:
    """An empty answer at the end of a locked branch."""
    empty = _empty(author, generation)
    add_entries(tx, actor, chat, branch, [empty])
    return AnswerSlot(empty.id, empty.variant)


def open_variant(
    tx: WriteTx, actor: Actor, branch: Branch, message: MessageId, generation: GenerationId, *, continues: bool
) -> tuple[AnswerSlot, Message]:
    """A new streaming variant of `message`, shown on `branch` at once; also the message as it was shown before.

    It starts empty, or with the text that was shown. Raises `MessageStreaming`, or `InvalidInput` when the branch
    does not show the message.
    """
    seen = lock_settled(tx, actor, message, branch.id)
    variant, text = VariantId(uuid7()), seen.message.prompt_text if continues else ""
    new = NewVariant(variant, message, VariantKind.GENERATION, text, TextState.STREAMING, generation_id=generation)
    show(tx, actor, seen, store.variants.insert_variant(tx, actor.workspace, new))
    return AnswerSlot(message, variant), seen.message


def flush(tx: WriteTx, rows: Sequence[tuple[MessageId, VariantId, str, str]]) -> None:
    """Text and reasoning so far of many answers, variant and message cache together; whose is not asked."""
    store.variants.flush_texts(tx, [(variant, text, reasoning) for _, variant, text, reasoning in rows])
    store.message_changes.flush_texts(tx, [(message, variant, text) for message, variant, text, _ in rows])


def settle(
    tx: WriteTx,
    actor: Actor,
    chat: ChatId,
    slot: AnswerSlot,
    text: str,
    reasoning: str,
    blocks: list[dict[str, Json]] | None,
    state: TextState,
) -> None:
    """The last text of an answer, and what became of it."""
    ws = actor.workspace
    # The variant before its message, as `flush` does: the other way round they would lock each other out.
    store.variants.settle_variant(tx, ws, slot.variant_id, text, reasoning, blocks, state)
    shown, said = store.message_changes.cache_variant(
        tx, ws, slot.message_id, slot.variant_id, text, blocks, state, slot.said
    )
    found = [(slot.said, said)] if slot.said is not None and said is not None else []
    index_messages(tx, ws, chat, [*found, (slot.message_id, text)] if shown else found)
    if slot.said is None:
        _note_written(tx, actor, chat, slot.variant_id)
    elif text:
        store.previews.note_answered(tx, ws, chat, slot.variant_id, one_line(text, PREVIEW_CHARS))


def interrupt(tx: WriteTx, variants: Sequence[VariantId], said: Sequence[MessageId] = ()) -> None:
    """Their process died: mark them. The flushed text stays; `said` are the messages that came with them."""
    store.variants.interrupt(tx, variants)
    for ws, chat, message, text in (*store.search.list_any(tx, said), *store.search.list_showing(tx, variants)):
        index_messages(tx, ws, chat, [(message, text)])


def _note_written(tx: WriteTx, actor: Actor, chat: ChatId, variant: VariantId) -> None:
    """As `choose.note_change`: wherever in the history it was written. Nothing where the chat was deleted meanwhile."""
    found = store.chats.find_chat(tx, actor.workspace, chat)
    if found is None:
        return
    last = find_end(tx, actor, found)
    written_at = tx.now if last is not None and last.variant_id == variant else None
    store.previews.refresh(tx, actor.workspace, chat, preview_of(last), written_at)


def _empty(author: Author, generation: GenerationId) -> Entry:
    return Entry(NewMessage(MessageRole.ASSISTANT, "", author), TextState.STREAMING, generation)
