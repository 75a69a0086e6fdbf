"""All SQL of conversations, a module a table."""

from fabula.features.conversations.store import branches, chats, messages, variants

__all__ = ["branches", "chats", "messages", "variants"]
