"""Change which variant of a message a branch shows: the pin where one makes the branch show it, else the selection."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, MessageId, VariantId
from fabula.db import WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.errors import MessageStreaming, VariantNotFound
from fabula.features.conversations.indexing import index_messages
from fabula.features.conversations.read import find_end, get_chat, get_message, see
from fabula.features.conversations.rules import preview_of
from fabula.features.conversations.types import Message, Seen, TextState, Variant


def select(tx: WriteTx, actor: Actor, message: MessageId, variant: VariantId, branch: BranchId | None) -> Message:
    """Show `variant` on `branch`; raises `VariantNotFound`, or `MessageStreaming` while either is being written."""
    actor.require(Scope.CHAT_WRITE)
    seen = lock_settled(tx, actor, message, branch)
    chosen = store.variants.find_variant(tx, actor.workspace, variant)
    if chosen is None or chosen.message_id != message:
        raise VariantNotFound(variant)
    if chosen.state is TextState.STREAMING:
        raise MessageStreaming(message)
    show(tx, actor, seen, chosen)
    note_change(tx, actor, seen.message.chat_id, message)
    return see(tx, actor, get_message(tx, actor, message), branch).message


def lock_settled(tx: WriteTx, actor: Actor, message: MessageId, branch: BranchId | None) -> Seen:
    """The message as `branch` shows it, ours alone until this transaction ends; raises `MessageStreaming`."""
    store.message_changes.lock_message(tx, actor.workspace, message)
    seen = see(tx, actor, get_message(tx, actor, message), branch)
    if seen.message.state is TextState.STREAMING:
        raise MessageStreaming(message)
    return seen


def show(tx: WriteTx, actor: Actor, seen: Seen, variant: Variant) -> None:
    """Move the pin, or the selection with its cache, to `variant`."""
    ws, message = actor.workspace, seen.message.id
    if seen.pin is not None:
        store.branches.move_pin(tx, ws, seen.pin.branch_id, variant.id)
        store.message_changes.touch(tx, ws, message)
        return
    store.message_changes.select_variant(
        tx, ws, message, variant.id, variant.prompt_text, variant.blocks, variant.state
    )
    index_messages(tx, ws, seen.message.chat_id, [(message, variant.prompt_text)])


def note_change(tx: WriteTx, actor: Actor, chat: ChatId, message: MessageId | None = None) -> None:
    """What a chat shows has changed: its preview follows the active branch, and the world is told."""
    store.previews.refresh(tx, actor.workspace, chat, preview_of(find_end(tx, actor, get_chat(tx, actor, chat))))
    ids = {} if message is None else {"messageId": message}
    tx.emit(actor.workspace, "chat.changed", chatId=chat, **ids)
