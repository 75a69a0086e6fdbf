"""Start a chat: the chat, its `main`, and the greetings as variants of message 0, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, MessageId, ProfileId, VariantId, uuid7
from fabula.db import WriteTx
from fabula.features import usage
from fabula.features.conversations import store
from fabula.features.conversations.indexing import index_messages, index_title
from fabula.features.conversations.read import get_chat
from fabula.features.conversations.rules import GREETING, PREVIEW_CHARS, meta_of, noticed_blocks, one_line
from fabula.features.conversations.store import message_changes
from fabula.features.conversations.store.chats import NewRow
from fabula.features.conversations.store.variants import NewVariant
from fabula.features.conversations.types import (
    Author,
    Chat,
    ChatKind,
    MessageRole,
    NewMessage,
    TextState,
    VariantKind,
)
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class Greeting:
    """A first message, macros expanded: `number` is the card's for it, `raw` the text before, `effects` what the macros
    did, `notices` blocks for people.
    """

    number: int
    text: str
    raw: str
    effects: dict[str, Json] | None = None
    notices: Sequence[dict[str, Json]] = ()


@dataclass(frozen=True, slots=True)
class NewChat:
    """`title` may be empty: then the first user message names the chat."""

    kind: ChatKind
    profile: ProfileId | None
    title: str
    author: Author
    greetings: Sequence[Greeting]


def start(tx: WriteTx, actor: Actor, new: NewChat) -> Chat:
    """Make a chat; the caller has resolved the profile and expanded the greetings' macros."""
    actor.require(Scope.CHAT_WRITE)
    chat, branch = ChatId(uuid7()), BranchId(uuid7())
    store.chats.insert_chat(tx, actor.workspace, NewRow(chat, branch, new.kind, new.profile, new.title))
    store.branches.insert_main(tx, actor.workspace, chat, branch)
    if new.title:
        index_title(tx, actor.workspace, chat, new.title)
    if new.greetings:
        _greet(tx, actor, chat, branch, new)
    usage.record(tx, actor, [(usage.Meter.CONVERSATIONS_STARTED, 1)], chat=chat)
    tx.emit(actor.workspace, "chat.changed", chatId=chat)
    return get_chat(tx, actor, chat)


def _greet(tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId, new: NewChat) -> None:
    message = MessageId(uuid7())
    variants = [
        NewVariant(
            VariantId(uuid7()),
            message,
            VariantKind.GREETING,
            greeting.text,
            TextState.SETTLED,
            blocks=noticed_blocks(greeting.text, "", None, greeting.notices),
            meta=meta_of(
                None if greeting.raw == greeting.text else greeting.raw,
                {GREETING: greeting.number, **(greeting.effects or {})},
            ),
        )
        for greeting in new.greetings
    ]
    first = NewMessage(MessageRole.ASSISTANT, variants[0].prompt_text, new.author, variants[0].blocks)
    rows = [message_changes.NewRow(message, variants[0].id, 0, first)]
    message_changes.insert_messages(tx, actor.workspace, chat, branch, rows)
    store.variants.insert_variants(tx, actor.workspace, variants)
    index_messages(tx, actor.workspace, chat, [(message, first.prompt_text)])
    store.branches.advance(tx, actor.workspace, branch, 0)
    preview = one_line(first.prompt_text, PREVIEW_CHARS)
    store.previews.note_added(tx, actor.workspace, chat, branch, preview, new.title)
