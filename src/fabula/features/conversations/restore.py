"""Bring back what was deleted softly. Harmless on what is there."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ChatId, MessageId
from fabula.db import WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.choose import note_change
from fabula.features.conversations.errors import MessageNotFound
from fabula.features.conversations.read import get_chat, get_message
from fabula.features.conversations.types import Chat, ChatStatus, Message


def chat(tx: WriteTx, actor: Actor, target: ChatId) -> Chat:
    """It is active afterwards, also if it was archived before; raises `ChatNotFound`."""
    actor.require(Scope.CHAT_WRITE)
    if store.chats.find_deleted_chat(tx, actor.workspace, target) is not None:
        store.chats.set_status(tx, actor.workspace, target, ChatStatus.ACTIVE)
        tx.emit(actor.workspace, "chat.changed", chatId=target)
    return get_chat(tx, actor, target)


def message(tx: WriteTx, actor: Actor, target: MessageId) -> Message:
    """It is back at its place; raises `MessageNotFound`, also while its branch or chat is deleted."""
    actor.require(Scope.CHAT_WRITE)
    found = store.messages.find_any_message(tx, actor.workspace, target)
    if found is None:
        raise MessageNotFound(target)
    if store.messages.find_message(tx, actor.workspace, target) is None:
        store.message_changes.set_deleted(tx, actor.workspace, target, deleted=False)
        note_change(tx, actor, found.chat_id, target)
    return get_message(tx, actor, target)
