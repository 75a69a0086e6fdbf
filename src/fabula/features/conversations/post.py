"""Add messages at the end of a branch."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, GenerationId, MessageId, VariantId, uuid7
from fabula.db import WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.errors import BranchNotFound
from fabula.features.conversations.read import get_chat, get_message
from fabula.features.conversations.rules import PREVIEW_CHARS, TITLE_CHARS, one_line
from fabula.features.conversations.store.variants import NewVariant
from fabula.features.conversations.types import (
    AnswerSlot,
    Author,
    Branch,
    Chat,
    Message,
    MessageRole,
    NewMessage,
    TextState,
    VariantKind,
)
from fabula.plugins import Json


def lock_branch(tx: WriteTx, actor: Actor, chat: Chat, branch: BranchId | None) -> Branch:
    """The branch (the active one by default), ours alone until this transaction ends; raises `BranchNotFound`."""
    wanted = branch or chat.active_branch_id
    found = store.branches.lock_branch(tx, actor.workspace, chat, wanted)
    if found is None:
        raise BranchNotFound(wanted)
    return found


def post(tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId | None, new: NewMessage) -> Message:
    """Store one message at the end of a branch; macros in it are expanded already."""
    actor.require(Scope.CHAT_WRITE)
    found = get_chat(tx, actor, chat)
    message = append(tx, actor, found, lock_branch(tx, actor, found, branch), new)
    return get_message(tx, actor, message)


def append(tx: WriteTx, actor: Actor, chat: Chat, branch: Branch, new: NewMessage) -> MessageId:
    """`post` on a locked branch; returns the id."""
    message, variant = MessageId(uuid7()), VariantId(uuid7())
    _insert(tx, actor, chat, branch, [(message, variant, new, TextState.SETTLED, None)])
    return message


def append_with_answer(
    tx: WriteTx, actor: Actor, chat: Chat, branch: Branch, new: NewMessage, author: Author, generation: GenerationId
) -> tuple[MessageId, AnswerSlot]:
    """A user's message and the empty answer after it, for a generation to fill."""
    message, variant = MessageId(uuid7()), VariantId(uuid7())
    slot, answer = _empty_answer(author)
    rows = [
        (message, variant, new, TextState.SETTLED, None),
        (slot.message_id, slot.variant_id, answer, TextState.STREAMING, generation),
    ]
    _insert(tx, actor, chat, branch, rows)
    return message, slot


def append_answer(
    tx: WriteTx, actor: Actor, chat: Chat, branch: Branch, author: Author, generation: GenerationId
) -> AnswerSlot:
    """An empty answer at the end of a locked branch."""
    slot, answer = _empty_answer(author)
    _insert(tx, actor, chat, branch, [(slot.message_id, slot.variant_id, answer, TextState.STREAMING, generation)])
    return slot


def _empty_answer(author: Author) -> tuple[AnswerSlot, NewMessage]:
    return AnswerSlot(MessageId(uuid7()), VariantId(uuid7())), NewMessage(MessageRole.ASSISTANT, "", author)


_Row = tuple[MessageId, VariantId, NewMessage, TextState, GenerationId | None]


def _insert(tx: WriteTx, actor: Actor, chat: Chat, branch: Branch, rows: list[_Row]) -> None:
    ws, first = actor.workspace, branch.last_seq + 1
    placed = [(m, v, first + i, new, state) for i, (m, v, new, state, _) in enumerate(rows)]
    store.messages.insert_messages(tx, ws, chat.id, branch.id, placed)
    store.variants.insert_variants(tx, ws, [_first_variant(*row) for row in rows])
    store.branches.advance(tx, ws, branch.id, branch.last_seq + len(rows))
    _touch(tx, actor, chat, rows)
    for message, *_ in rows:
        tx.emit(ws, "message.added", chatId=chat.id, branchId=branch.id, messageId=message)


def _first_variant(
    message: MessageId, variant: VariantId, new: NewMessage, state: TextState, generation: GenerationId | None
) -> NewVariant:
    kind = VariantKind.GENERATION if generation else VariantKind.MANUAL_EDIT
    meta: dict[str, Json] | None = None if new.raw_text is None else {"rawText": new.raw_text}
    return NewVariant(
        variant, message, kind, new.prompt_text, state, blocks=new.blocks, meta=meta, generation_id=generation
    )


def _touch(tx: WriteTx, actor: Actor, chat: Chat, rows: list[_Row]) -> None:
    """The preview is the newest text; the title, where there is none yet, the first user message."""
    texts = [new.prompt_text for _, _, new, _, _ in rows if new.prompt_text]
    said = [new.prompt_text for _, _, new, _, _ in rows if new.role is MessageRole.USER]
    preview = one_line(texts[-1], PREVIEW_CHARS) if texts else chat.last_message_preview or ""
    title = chat.title or (one_line(said[0], TITLE_CHARS) if said else "")
    store.chats.touch_chat(tx, actor.workspace, chat.id, preview, title)
