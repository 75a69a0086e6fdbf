"""All SQL of conversations, a module a table; messages have one to read and one to change them, `locking` joins two."""

from fabula.features.conversations.store import (
    branches,
    chats,
    effects,
    locking,
    message_changes,
    messages,
    search,
    standing,
    variants,
)

__all__ = ["branches", "chats", "effects", "locking", "message_changes", "messages", "search", "standing", "variants"]
