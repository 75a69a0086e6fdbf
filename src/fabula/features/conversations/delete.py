"""Delete a chat, softly, and bring it back."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ChatId
from fabula.db import WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.errors import ChatNotFound
from fabula.features.conversations.read import get_chat
from fabula.features.conversations.types import Chat, ChatStatus


def delete_chat(tx: WriteTx, actor: Actor, chat: ChatId) -> None:
    actor.require(Scope.CHAT_WRITE)
    get_chat(tx, actor, chat)
    store.chats.set_status(tx, actor.workspace, chat, ChatStatus.DELETED)
    tx.emit(actor.workspace, "chat.changed", chatId=chat)


def restore_chat(tx: WriteTx, actor: Actor, chat: ChatId) -> Chat:
    """Undo `delete_chat`; harmless on a chat that is there."""
    actor.require(Scope.CHAT_WRITE)
    if store.chats.find_deleted_chat(tx, actor.workspace, chat) is not None:
        store.chats.set_status(tx, actor.workspace, chat, ChatStatus.ACTIVE)
        tx.emit(actor.workspace, "chat.changed", chatId=chat)
    found = store.chats.find_chat(tx, actor.workspace, chat)
    if found is None:
        raise ChatNotFound(chat)
    return found
