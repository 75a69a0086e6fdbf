"""Make and arrange branches."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, MessageId, VariantId, uuid7
from fabula.db import WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.choose import lock_settled, note_change
from fabula.features.conversations.errors import (
    ChatNotFound,
    MessageNotFound,
    MessageStreaming,
    ParentDeleted,
    VariantNotFound,
)
from fabula.features.conversations.read import get_branch, get_chat
from fabula.features.conversations.types import Branch, Chat, TextState


def create(
    tx: WriteTx, actor: Actor, chat: ChatId, message: MessageId, variant: VariantId | None, title: str
) -> Branch:
    """A branch after `message`, not activated; with `variant`, it shows that one there whatever is selected.

    The parent is the branch that owns the message. Copies nothing: one row, however long the history is.
    Raises `MessageNotFound`, `VariantNotFound`, or `MessageStreaming` while one of them is being written.
    """
    actor.require(Scope.CHAT_WRITE)
    get_chat(tx, actor, chat)
    source = lock_settled(tx, actor, message, None).message
    if source.chat_id != chat:
        raise MessageNotFound(message)
    found = lock_chat(tx, actor, chat)
    get_branch(tx, actor, found, source.branch_id)  # which may have been deleted before the chat was ours
    if variant is not None:
        pinned = store.variants.find_variant(tx, actor.workspace, variant)
        if pinned is None or pinned.message_id != message:
            raise VariantNotFound(variant)
        if pinned.state is TextState.STREAMING:
            raise MessageStreaming(message)
    branch = BranchId(uuid7())
    store.branches.insert_fork(tx, actor.workspace, branch, title, source, variant)
    tx.emit(actor.workspace, "chat.changed", chatId=chat, branchId=branch)
    return get_branch(tx, actor, found, branch)


def rename(tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId, title: str) -> Branch:
    actor.require(Scope.CHAT_WRITE)
    found = get_chat(tx, actor, chat)
    get_branch(tx, actor, found, branch)
    store.branches.rename(tx, actor.workspace, branch, title)
    tx.emit(actor.workspace, "chat.changed", chatId=chat, branchId=branch)
    return get_branch(tx, actor, found, branch)


def activate(tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId) -> Branch:
    """Make `branch` the one that requests without a branch mean; harmless if it is."""
    actor.require(Scope.CHAT_WRITE)
    found = lock_chat(tx, actor, chat)
    wanted = get_branch(tx, actor, found, branch)
    if wanted.is_active:
        return wanted
    store.chats.activate(tx, actor.workspace, chat, branch)
    note_change(tx, actor, chat)
    return get_branch(tx, actor, lock_chat(tx, actor, chat), branch)


def restore(tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId) -> Branch:
    """Bring a deleted branch back; harmless on one that is there. Raises `ParentDeleted`."""
    actor.require(Scope.CHAT_WRITE)
    found = lock_chat(tx, actor, chat)
    gone = store.branches.find_deleted_branch(tx, actor.workspace, found, branch)
    if gone is None:
        return get_branch(tx, actor, found, branch)
    parent = gone.parent_branch_id
    if parent is not None and store.branches.find_branch(tx, actor.workspace, found, parent) is None:
        raise ParentDeleted(parent)
    store.branches.set_deleted(tx, actor.workspace, branch, deleted=False)
    tx.emit(actor.workspace, "chat.changed", chatId=chat, branchId=branch)
    return get_branch(tx, actor, found, branch)


def lock_chat(tx: WriteTx, actor: Actor, chat: ChatId) -> Chat:
    """The chat, its branches ours alone to arrange until this transaction ends; raises `ChatNotFound`.

    What else is locked, branches before messages, is locked before it: as a turn does, which ends at its chat.
    """
    found = store.chats.lock_chat(tx, actor.workspace, chat)
    if found is None:
        raise ChatNotFound(chat)
    return found
