"""Chats, branches, messages, variants: the durable, branching conversation."""

from fabula.features.conversations.answer import flush, interrupt, open_variant, settle
from fabula.features.conversations.delete import delete_chat
from fabula.features.conversations.post import append_answer, append_with_answer, lock_branch, post
from fabula.features.conversations.read import (
    get_branch,
    get_chat,
    get_message,
    get_variant_text,
    list_history,
    list_messages,
)
from fabula.features.conversations.start import Greeting, NewChat, start
from fabula.features.conversations.types import (
    AnswerSlot,
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
    "AnswerSlot",
    "Author",
    "Branch",
    "Chat",
    "ChatKind",
    "Greeting",
    "HistoryLine",
    "Message",
    "MessageRole",
    "NewChat",
    "NewMessage",
    "TextState",
    "append_answer",
    "append_with_answer",
    "delete_chat",
    "flush",
    "get_branch",
    "get_chat",
    "get_message",
    "get_variant_text",
    "interrupt",
    "list_history",
    "list_messages",
    "lock_branch",
    "open_variant",
    "post",
    "settle",
    "start",
]
