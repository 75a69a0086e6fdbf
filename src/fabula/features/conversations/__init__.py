"""Chats, branches, messages, variants: the durable, branching conversation.

`answer`, `delete`, `edit` and `standing` are modules, used by their names: `conversations.answer.settle(…)`.
"""

from fabula.features.conversations import answer, delete, edit, standing
from fabula.features.conversations.post import post
from fabula.features.conversations.read import (
    get_branch,
    get_chat,
    get_message,
    list_history,
    list_messages,
)
from fabula.features.conversations.reindex import reindex
from fabula.features.conversations.schemas import ChatOut, MessageOut
from fabula.features.conversations.start import Greeting, NewChat, start
from fabula.features.conversations.types import (
    Author,
    Branch,
    Chat,
    ChatKind,
    HistoryLine,
    Message,
    MessageRole,
    NewMessage,
    TextState,
)

__all__ = [
    "Author",
    "Branch",
    "Chat",
    "ChatKind",
    "ChatOut",
    "Greeting",
    "HistoryLine",
    "Message",
    "MessageOut",
    "MessageRole",
    "NewChat",
    "NewMessage",
    "TextState",
    "answer",
    "delete",
    "edit",
    "get_branch",
    "get_chat",
    "get_message",
    "list_history",
    "list_messages",
    "post",
    "reindex",
    "standing",
    "start",
]
