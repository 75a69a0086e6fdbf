"""Delete: chats, branches and messages softly, variants for good.

What is being written is stopped before its chat, branch or message is deleted. `allows_…` tell beforehand whether the
delete would go through, so that one which will be refused stops nothing.
"""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, MessageId, VariantId
from fabula.db import ReadTx, WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.append import lock_branch
from fabula.features.conversations.branch import lock_chat
from fabula.features.conversations.choose import note_change, show
from fabula.features.conversations.errors import (
    BranchActive,
    BranchHasChildren,
    MessageStreaming,
    VariantInUse,
    VariantNotFound,
)
from fabula.features.conversations.read import get_chat, get_message
from fabula.features.conversations.rules import neighbour
from fabula.features.conversations.types import ChatStatus, Seen, TextState
from fabula.features.conversations.versions import check_version


def allows_chat(tx: ReadTx, actor: Actor, target: ChatId, version: int | None) -> bool:
    actor.require(Scope.CHAT_WRITE)
    found = store.chats.find_chat(tx, actor.workspace, target)
    return found is not None and version in {None, found.version}


def allows_branch(tx: ReadTx, actor: Actor, of: ChatId, target: BranchId) -> bool:
    actor.require(Scope.CHAT_WRITE)
    found = store.chats.find_chat(tx, actor.workspace, of)
    line = None if found is None else store.branches.find_branch(tx, actor.workspace, found, target)
    return line is not None and not line.is_active and not store.branches.has_children(tx, actor.workspace, target)


def allows_message(tx: ReadTx, actor: Actor, target: MessageId, version: int | None) -> ChatId | None:
    """The message's chat, or None when the delete would be refused."""
    actor.require(Scope.CHAT_WRITE)
    found = store.messages.find_message(tx, actor.workspace, target)
    return found.chat_id if found is not None and version in {None, found.version} else None


def chat(tx: WriteTx, actor: Actor, target: ChatId, version: int | None) -> None:
    """Raises `ChatNotFound` or `VersionConflict`."""
    actor.require(Scope.CHAT_WRITE)
    check_version(lock_chat(tx, actor, target), version)
    store.chats.set_status(tx, actor.workspace, target, ChatStatus.DELETED)
    tx.emit(actor.workspace, "chat.changed", chatId=target)


def branch(tx: WriteTx, actor: Actor, of: ChatId, target: BranchId) -> None:
    """Raises `BranchActive`, or `BranchHasChildren`; so `main` stays: every other branch descends from it."""
    actor.require(Scope.CHAT_WRITE)
    lock_branch(tx, actor, get_chat(tx, actor, of), target)
    if lock_chat(tx, actor, of).active_branch_id == target:
        raise BranchActive(target)
    if store.branches.has_children(tx, actor.workspace, target):
        raise BranchHasChildren(target)
    store.branches.set_deleted(tx, actor.workspace, target, deleted=True)
    tx.emit(actor.workspace, "chat.changed", chatId=of, branchId=target)


def message(tx: WriteTx, actor: Actor, target: MessageId, version: int | None) -> None:
    """The message keeps its place; lists leave it out.

    Raises `VersionConflict`, or `MessageStreaming` while any variant is being written: the caller stops that first.
    """
    actor.require(Scope.CHAT_WRITE)
    store.message_changes.lock_message(tx, actor.workspace, target)
    found = get_message(tx, actor, target)
    check_version(found, version)
    if store.variants.has_streaming(tx, actor.workspace, target):
        raise MessageStreaming(target)
    store.message_changes.set_deleted(tx, actor.workspace, target, deleted=True)
    note_change(tx, actor, found.chat_id, target)


def variant(tx: WriteTx, actor: Actor, of: MessageId, target: VariantId) -> None:
    """Delete a variant; where it was selected, its predecessor is from now on. Raises `VariantInUse`."""
    actor.require(Scope.CHAT_WRITE)
    store.message_changes.lock_message(tx, actor.workspace, of)
    found = get_message(tx, actor, of)
    variants = store.variants.list_variants(tx, actor.workspace, of, found.selected_variant_id)
    gone = next((v for v in variants if v.id == target), None)
    if gone is None:
        raise VariantNotFound(target)
    if len(variants) == 1:
        raise VariantInUse(target, "only")
    if gone.state is TextState.STREAMING:
        raise VariantInUse(target, "streaming")
    if store.branches.is_pinned(tx, actor.workspace, found.chat_id, target):
        raise VariantInUse(target, "pinned")
    if gone.is_selected:
        heir = neighbour(variants, gone)
        if heir is None:
            raise VariantInUse(target, "only")
        show(tx, actor, Seen(found, None), heir)
    else:
        store.message_changes.touch(tx, actor.workspace, of)
    store.variants.delete_variant(tx, actor.workspace, target)
    note_change(tx, actor, found.chat_id, of)
