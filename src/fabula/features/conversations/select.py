"""Choose which variant of a message is shown."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import MessageId, VariantId
from fabula.db import WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.errors import MessageStreaming, VariantNotFound
from fabula.features.conversations.read import get_message
from fabula.features.conversations.types import Message, TextState


def select(tx: WriteTx, actor: Actor, message: MessageId, variant: VariantId) -> Message:
    """Select `variant`; raises `VariantNotFound`, or `MessageStreaming` while the message is being written."""
    actor.require(Scope.CHAT_WRITE)
    found = get_message(tx, actor, message)
    if found.state is TextState.STREAMING:
        raise MessageStreaming(message)
    chosen = store.variants.find_variant(tx, actor.workspace, variant, variant)
    if chosen is None or chosen.message_id != message:
        raise VariantNotFound(variant)
    store.messages.select_variant(
        tx, actor.workspace, message, variant, chosen.prompt_text, chosen.blocks, chosen.state
    )
    tx.emit(actor.workspace, "chat.changed", chatId=found.chat_id, messageId=message)
    return get_message(tx, actor, message)
