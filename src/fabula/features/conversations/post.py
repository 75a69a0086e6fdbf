"""Post a message: store it without asking anyone for an answer."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId
from fabula.db import WriteTx
from fabula.features.conversations.append import add_entries, entry_of, lock_branch
from fabula.features.conversations.read import get_chat, get_message
from fabula.features.conversations.types import Message, NewMessage


def post(tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId | None, new: NewMessage) -> Message:
    """Store one message at the end of a branch; macros in it are expanded already."""
    actor.require(Scope.CHAT_WRITE)
    found = get_chat(tx, actor, chat)
    entry = entry_of(new)
    add_entries(tx, actor, found, lock_branch(tx, actor, found, branch), [entry])
    return get_message(tx, actor, entry.id)
