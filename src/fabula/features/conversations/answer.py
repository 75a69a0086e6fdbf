"""What a generation does to a conversation: open a variant, write its text as it comes, settle it."""

from collections.abc import Sequence

from fabula.core.actor import Actor
from fabula.core.ids import ChatId, GenerationId, MessageId, VariantId, uuid7
from fabula.db import WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.errors import MessageStreaming
from fabula.features.conversations.rules import PREVIEW_CHARS, one_line
from fabula.features.conversations.store.variants import NewVariant
from fabula.features.conversations.types import AnswerSlot, Message, TextState, VariantKind
from fabula.plugins import Json


def open_variant(tx: WriteTx, actor: Actor, message: Message, generation: GenerationId, text: str) -> AnswerSlot:
    """A new, selected, streaming variant of `message` that starts with `text`; raises `MessageStreaming`."""
    if message.state is TextState.STREAMING:
        raise MessageStreaming(message.id)
    variant = VariantId(uuid7())
    new = NewVariant(variant, message.id, VariantKind.GENERATION, text, TextState.STREAMING, generation_id=generation)
    store.variants.insert_variants(tx, actor.workspace, [new])
    store.messages.select_variant(tx, actor.workspace, message.id, variant, text, None, TextState.STREAMING)
    return AnswerSlot(message.id, variant)


def flush(tx: WriteTx, rows: Sequence[tuple[MessageId, VariantId, str, str]]) -> None:
    """Text and reasoning so far of many answers, variant and message cache together; whose is not asked."""
    store.variants.flush_texts(tx, [(variant, text, reasoning) for _, variant, text, reasoning in rows])
    store.messages.flush_texts(tx, [(message, variant, text) for message, variant, text, _ in rows])


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
    store.variants.settle_variant(tx, ws, slot.variant_id, text, reasoning, blocks, state)
    store.messages.cache_variant(tx, ws, slot.message_id, slot.variant_id, text, blocks, state)
    if text:
        store.chats.touch_chat(tx, ws, chat, one_line(text, PREVIEW_CHARS), "")


def interrupt(tx: WriteTx, variants: Sequence[VariantId]) -> None:
    """Their process died: mark them. The flushed text stays."""
    store.variants.interrupt(tx, variants)
