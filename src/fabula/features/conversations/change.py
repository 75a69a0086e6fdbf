"""Change a chat's own fields."""

from dataclasses import dataclass

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ChatId
from fabula.db import WriteTx
from fabula.features import connections
from fabula.features.conversations import store
from fabula.features.conversations.branch import lock_chat
from fabula.features.conversations.indexing import index_title
from fabula.features.conversations.read import get_chat
from fabula.features.conversations.types import Chat, ChatStatus
from fabula.features.conversations.versions import check_version
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class ChatChange:
    """None leaves a field as it is; `settings` are replaced whole."""

    title: str | None
    status: ChatStatus | None
    settings: dict[str, Json] | None


def change(tx: WriteTx, actor: Actor, chat: ChatId, version: int | None, wanted: ChatChange) -> Chat:
    """Raises `ChatNotFound`, `VersionConflict`, or `ConnectionNotFound` and `PresetNotFound` for what is bound."""
    actor.require(Scope.CHAT_WRITE)
    found = lock_chat(tx, actor, chat)
    check_version(found, version)
    title = found.title if wanted.title is None else wanted.title
    status = found.status if wanted.status is None else wanted.status
    settings = found.settings if wanted.settings is None else wanted.settings
    if (title, status, settings) == (found.title, found.status, found.settings):
        return found
    if settings != found.settings:
        connections.check_bindings(tx, actor, settings)
    store.chats.change(tx, actor.workspace, chat, title, status, settings)
    if title != found.title:
        index_title(tx, actor.workspace, chat, title)
    tx.emit(actor.workspace, "chat.changed", chatId=chat)
    return get_chat(tx, actor, chat)
