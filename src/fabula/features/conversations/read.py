"""Reading conversations."""

from dataclasses import replace

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, MessageId, ProfileId, VariantId
from fabula.core.paging import Page
from fabula.db import ReadTx
from fabula.features import profiles
from fabula.features.conversations import store
from fabula.features.conversations.errors import BranchNotFound, ChatNotFound, MessageNotFound, VariantNotFound
from fabula.features.conversations.rules import segments_of
from fabula.features.conversations.types import Branch, Chat, HistoryLine, Message, Segment, Variant

_END = 2**31 - 1


def get_chat(tx: ReadTx, actor: Actor, chat: ChatId) -> Chat:
    """One chat; raises `ChatNotFound`, also while it is being imported or once it is deleted."""
    actor.require(Scope.CHAT_READ)
    found = store.chats.find_chat(tx, actor.workspace, chat)
    if found is None:
        raise ChatNotFound(chat)
    return found


def list_chats(tx: ReadTx, actor: Actor, profile: ProfileId | None, limit: int, cursor: str | None) -> Page[Chat]:
    """Chats, the most recently changed first; of one profile, if given."""
    actor.require(Scope.CHAT_READ)
    return store.chats.list_chats(tx, actor.workspace, profile, limit, cursor)


def list_profile_chats(
    tx: ReadTx, actor: Actor, profile: ProfileId, limit: int, cursor: str | None
) -> Page[Chat]:
    """A profile's chats; raises `ProfileNotFound`."""
    return list_chats(tx, actor, profiles.get_profile(tx, actor, profile).id, limit, cursor)


def get_branch(tx: ReadTx, actor: Actor, chat: Chat, branch: BranchId | None) -> Branch:
    """A branch of `chat`, the active one by default; raises `BranchNotFound`."""
    wanted = branch or chat.active_branch_id
    found = store.branches.find_branch(tx, actor.workspace, chat, wanted)
    if found is None:
        raise BranchNotFound(wanted)
    return found


def list_branches(tx: ReadTx, actor: Actor, chat: ChatId) -> list[Branch]:
    found = get_chat(tx, actor, chat)
    return store.branches.list_branches(tx, actor.workspace, found)


def list_messages(
    tx: ReadTx,
    actor: Actor,
    chat: ChatId,
    branch: BranchId | None,
    limit: int,
    before: int | None,
    after: int | None,
) -> list[Message]:
    """A page of a branch's history, oldest first: the newest page, the one before `seq`, or the one after it.

    Reads one range of an index per stretch of history it touches, however long the chat is.
    """
    found = get_chat(tx, actor, chat)
    lineage = store.branches.list_lineage(tx, actor.workspace, found, get_branch(tx, actor, found, branch))
    segments = segments_of(lineage)
    newest = after is None
    page: list[Message] = []
    for segment in segments if newest else reversed(segments):
        low, high = -1 if after is None else after, _END if before is None else before
        if segment.upto <= low or segment.after + 1 >= high or len(page) >= limit:
            continue
        rows = store.messages.list_segment(
            tx, actor.workspace, segment, low=low, high=high, take=limit - len(page), newest=newest
        )
        rows = [_pinned(tx, actor, segment, row) for row in rows]
        page = rows + page if newest else page + rows
    return page


def list_history(tx: ReadTx, actor: Actor, chat: Chat, branch: Branch, upto: int, take: int) -> list[HistoryLine]:
    """What a prompt reads of a branch: the last `take` shown, non-empty messages with `seq < upto`, oldest first."""
    lines: list[HistoryLine] = []
    for segment in segments_of(store.branches.list_lineage(tx, actor.workspace, chat, branch)):
        if len(lines) >= take:
            break
        rows = store.messages.list_lines(tx, actor.workspace, segment, upto, take - len(lines))
        lines += [_pinned_line(tx, actor, segment, row) for row in rows]
    return lines[::-1]


def get_message(tx: ReadTx, actor: Actor, message: MessageId) -> Message:
    """One message with its own selection; raises `MessageNotFound`, also when its chat is deleted."""
    actor.require(Scope.CHAT_READ)
    found = store.messages.find_message(tx, actor.workspace, message)
    if found is None or store.chats.find_chat(tx, actor.workspace, found.chat_id) is None:
        raise MessageNotFound(message)
    return found


def list_variants(tx: ReadTx, actor: Actor, message: MessageId, branch: BranchId | None) -> list[Variant]:
    """All variants, oldest first; `is_selected` is as seen from `branch` (by default the message's own)."""
    found = get_message(tx, actor, message)
    selected = selected_on(tx, actor, found, branch)
    return store.variants.list_variants(tx, actor.workspace, message, selected)


def get_variant_text(tx: ReadTx, actor: Actor, variant: VariantId) -> tuple[str, str]:
    """Text and reasoning of a variant; raises `VariantNotFound`."""
    actor.require(Scope.CHAT_READ)
    found = store.variants.find_variant(tx, actor.workspace, variant, variant)
    if found is None:
        raise VariantNotFound(variant)
    return found.prompt_text, found.reasoning


def selected_on(tx: ReadTx, actor: Actor, message: Message, branch: BranchId | None) -> VariantId:
    """The variant that `branch` shows of `message`: a pin where it, or an ancestor fork, pins; else the selection."""
    if branch is None:
        return message.selected_variant_id
    chat = get_chat(tx, actor, message.chat_id)
    lineage = store.branches.list_lineage(tx, actor.workspace, chat, get_branch(tx, actor, chat, branch))
    for segment in segments_of(lineage):
        if segment.pin is not None and segment.pin[0] == message.id:
            return segment.pin[1]
    return message.selected_variant_id


def _pinned(tx: ReadTx, actor: Actor, segment: Segment, message: Message) -> Message:
    if segment.pin is None or segment.pin[0] != message.id:
        return message
    variant = store.variants.find_variant(tx, actor.workspace, segment.pin[1], segment.pin[1])
    if variant is None:
        return message
    return replace(
        message,
        prompt_text=variant.prompt_text,
        reasoning=variant.reasoning,
        blocks=variant.blocks,
        selected_variant_id=variant.id,
        state=variant.state,
        generation_id=variant.generation_id,
    )


def _pinned_line(tx: ReadTx, actor: Actor, segment: Segment, line: HistoryLine) -> HistoryLine:
    if segment.pin is None or segment.pin[0] != line.message_id:
        return line
    variant = store.variants.find_variant(tx, actor.workspace, segment.pin[1], segment.pin[1])
    return line if variant is None else replace(line, text=variant.prompt_text, variant_id=variant.id)
