"""A chat as a whole, for slices that bring chats in from files and write them out: what a page of messages leaves out.

Reached as a module: `from fabula.features.conversations import importing, whole`.
"""

from dataclasses import dataclass

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, MessageId, ProfileId, VariantId
from fabula.db import ReadTx, WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.errors import MessageNotFound
from fabula.features.conversations.read import get_chat, list_messages
from fabula.features.conversations.types import Chat, Message, Segment, Variant, VariantKind
from fabula.plugins import Json

__all__ = ["Variant", "VariantKind", "WholeMessage", "find_imported", "get_meta", "list_whole", "open_branch"]

# Under this name a chat's meta lists the keys of the files it was made of.
IMPORT_KEYS = "importKeys"


@dataclass(frozen=True, slots=True)
class WholeMessage:
    """A message as a branch shows it, with all its variants and what it came with."""

    message: Message
    variants: list[Variant]
    meta: dict[str, Json] | None


def get_meta(tx: ReadTx, actor: Actor, chat: ChatId) -> dict[str, Json]:
    """What a chat came with beyond its fields; raises `ChatNotFound`."""
    return store.chats.find_meta(tx, actor.workspace, get_chat(tx, actor, chat).id)


def find_imported(tx: ReadTx, actor: Actor, profile: ProfileId | None, key: str) -> Chat | None:
    """The chat with `profile` whose meta lists the import key `key` (hexadecimal digits); forks of it do not count."""
    actor.require(Scope.CHAT_READ)
    return store.chats.find_imported(tx, actor.workspace, profile, key)


def list_whole(tx: ReadTx, actor: Actor, chat: ChatId, branch: BranchId, limit: int, after: int) -> list[WholeMessage]:
    """A page of a branch's history behind place `after`, oldest first; two queries more than `list_messages`."""
    page = list_messages(tx, actor, chat, branch, limit, None, after)
    shown: dict[MessageId, VariantId] = {message.id: message.selected_variant_id for message in page}
    variants: dict[MessageId, list[Variant]] = {message.id: [] for message in page}
    for variant in store.variants.list_of_messages(tx, actor.workspace, shown) if page else ():
        variants[variant.message_id].append(variant)
    metas = store.messages.find_meta(tx, actor.workspace, list(shown)) if page else {}
    return [WholeMessage(message, variants[message.id], metas[message.id]) for message in page]


def open_branch(
    tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId, owner: BranchId, seq: int, title: str
) -> None:
    """A branch of a chat that is being imported, behind the message that `owner` has at `seq`; fill it by `add`.

    Raises `MessageNotFound` when there is none.
    """
    actor.require(Scope.CHAT_WRITE)
    place = Segment(owner, seq - 1, seq, None)
    found = store.messages.list_segment(tx, actor.workspace, place, low=seq - 1, high=seq + 1, take=1, newest=False)
    if not found or found[0].chat_id != chat:
        raise MessageNotFound(owner)
    store.branches.insert_fork(tx, actor.workspace, branch, title, found[0], None)
