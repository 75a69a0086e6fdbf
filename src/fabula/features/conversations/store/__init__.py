"""All SQL of conversations, a module a table; messages have one to read, one to change them; `locking`, `previews` join."""

from fabula.features.conversations.store import (
    branches,
    chats,
    effects,
    locking,
    message_changes,
    messages,
    previews,
    search,
    standing,
    variants,
)

__all__ = [
    "branches",
    "chats",
    "effects",
    "locking",
    "message_changes",
    "messages",
    "previews",
    "search",
    "standing",
    "variants",
]
