"""Reading conversations."""

from dataclasses import replace

from msgspec import structs

from fabula.core.actor import Actor, Scope
from fabula.core.errors import invalid
from fabula.core.ids import BranchId, ChatId, MessageId, ProfileId, VariantId
from fabula.core.paging import Page, decode_id, page_of
from fabula.db import ReadTx
from fabula.engine.text import DocumentKind, Search, Term, index, parse
from fabula.features import profiles
from fabula.features.conversations import store
from fabula.features.conversations.errors import BranchNotFound, ChatNotFound, MessageNotFound
from fabula.features.conversations.rules import find_segment, segments_of
from fabula.features.conversations.types import Branch, Chat, HistoryLine, Message, Pin, Seen, Segment, Variant

END = 2**31 - 1
_FIRST = "00000000-0000-0000-0000-000000000000"  # sorts before every id


def get_chat(tx: ReadTx, actor: Actor, chat: ChatId) -> Chat:
    """One chat; raises `ChatNotFound`, also while it is being imported or once it is deleted."""
    actor.require(Scope.CHAT_READ)
    found = store.chats.find_chat(tx, actor.workspace, chat)
    if found is None:
        raise ChatNotFound(chat)
    return found


def list_chats(
    tx: ReadTx, actor: Actor, profile: ProfileId | None, limit: int, cursor: str | None, title: str = ""
) -> Page[Chat]:
    """Chats, the most recently changed first; of one profile, if given, and with words of `title` in theirs.

    The last word may be the beginning of one: people ask while they type.
    """
    actor.require(Scope.CHAT_READ)
    terms: tuple[Term, ...] = ()
    if title.strip():
        asked = Search(parse(title.rstrip() + "*"), DocumentKind.CHAT)
        if not asked.terms:
            return Page((), None)
        terms = index.terms_of(actor.workspace, asked)
    return store.chats.list_chats(tx, actor.workspace, profile, terms, limit, cursor)


def list_profile_chats(tx: ReadTx, actor: Actor, profile: ProfileId, limit: int, cursor: str | None) -> Page[Chat]:
    """A profile's chats; raises `ProfileNotFound`."""
    return list_chats(tx, actor, profiles.get_profile(tx, actor, profile).id, limit, cursor)


def get_branch(tx: ReadTx, actor: Actor, chat: Chat, branch: BranchId | None) -> Branch:
    """A branch of `chat`, the active one by default; raises `BranchNotFound`."""
    wanted = branch or chat.active_branch_id
    found = store.branches.find_branch(tx, actor.workspace, chat, wanted)
    if found is None:
        raise BranchNotFound(wanted)
    return found


def list_branches(tx: ReadTx, actor: Actor, chat: ChatId, limit: int, cursor: str | None) -> Page[Branch]:
    """A chat's branches, oldest first, so `main` leads."""
    found = get_chat(tx, actor, chat)
    page = store.branches.list_branches(tx, actor.workspace, found, limit + 1, _after(cursor))
    return page_of(page, limit)


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
        low, high = -1 if after is None else after, END if before is None else before
        if segment.upto <= low or segment.after + 1 >= high or len(page) >= limit:
            continue
        rows = store.messages.list_segment(
            tx, actor.workspace, segment, low=low, high=high, take=limit - len(page), newest=newest
        )
        rows = [_pinned(tx, actor, segment, row) for row in rows]
        page = rows + page if newest else page + rows
    return page


def list_history(
    tx: ReadTx, actor: Actor, chat: Chat, branch: Branch, upto: int, take: int, *, named: bool = False
) -> list[HistoryLine]:
    """What a prompt reads of a branch: the last `take` shown, non-empty messages with `seq < upto`, oldest first.

    Who speaks is read only where the lines are to be `named`.
    """
    lines: list[HistoryLine] = []
    for segment in segments_of(store.branches.list_lineage(tx, actor.workspace, chat, branch)):
        if len(lines) >= take:
            break
        room = take - len(lines)
        if segment.pin is None:
            lines += store.messages.list_lines(tx, actor.workspace, segment, upto, room, named=named)
            continue
        # One more, for the pinned variant may be empty, which the row does not tell.
        rows = store.messages.list_lines(tx, actor.workspace, segment, upto, room + 1, named=named)
        seen = [_pinned_line(tx, actor, segment.pin, row) for row in rows]
        lines += [line for line in seen if line.text][:room]
    return lines[::-1]


def find_end(tx: ReadTx, actor: Actor, chat: Chat) -> HistoryLine | None:
    """The last message that the active branch shows, neither hidden nor empty."""
    return next(iter(list_history(tx, actor, chat, get_branch(tx, actor, chat, None), END, 1)), None)


def get_message(tx: ReadTx, actor: Actor, message: MessageId) -> Message:
    """One message with its own selection; raises `MessageNotFound`, also when its branch or chat is deleted."""
    actor.require(Scope.CHAT_READ)
    found = store.messages.find_message(tx, actor.workspace, message)
    if found is None:
        raise MessageNotFound(message)
    return found


def see(tx: ReadTx, actor: Actor, message: Message, branch: BranchId | None) -> Seen:
    """The message as `branch` shows it; without one, as its own branch does: by its selection.

    Raises `BranchNotFound`, or `InvalidInput` when the branch does not show the message.
    """
    if branch is None or branch == message.branch_id:
        return Seen(message, None)
    chat = get_chat(tx, actor, message.chat_id)
    lineage = store.branches.list_lineage(tx, actor.workspace, chat, get_branch(tx, actor, chat, branch))
    segment = find_segment(segments_of(lineage), message)
    if segment is None:
        raise invalid("branchId", "this branch does not show the message; name one that does")
    if segment.pin is None or segment.pin.message_id != message.id:
        return Seen(message, None)
    return Seen(_pinned(tx, actor, segment, message), segment.pin)


def get_shown(tx: ReadTx, actor: Actor, message: MessageId, branch: BranchId | None) -> Message:
    """One message as `branch` shows it (see `see`); raises `MessageNotFound`."""
    return see(tx, actor, get_message(tx, actor, message), branch).message


def list_variants(
    tx: ReadTx, actor: Actor, message: MessageId, branch: BranchId | None, limit: int, cursor: str | None
) -> Page[Variant]:
    """All variants, oldest first; `is_selected` is as seen from `branch` (see `see`)."""
    selected = see(tx, actor, get_message(tx, actor, message), branch).message.selected_variant_id
    page = store.variants.page_variants(tx, actor.workspace, message, selected, limit + 1, _after(cursor))
    return page_of(page, limit)


def find_variant_text(tx: ReadTx, actor: Actor, variant: VariantId) -> tuple[str, str] | None:
    """Text and reasoning of a variant; None where it was deleted."""
    actor.require(Scope.CHAT_READ)
    found = store.variants.find_variant(tx, actor.workspace, variant)
    return None if found is None else (found.prompt_text, found.reasoning)


def _after(cursor: str | None) -> str:
    return _FIRST if cursor is None else decode_id(cursor)


def _pinned(tx: ReadTx, actor: Actor, segment: Segment, message: Message) -> Message:
    if segment.pin is None or segment.pin.message_id != message.id:
        return message
    variant = store.variants.find_variant(tx, actor.workspace, segment.pin.variant_id)
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


def _pinned_line(tx: ReadTx, actor: Actor, pin: Pin, line: HistoryLine) -> HistoryLine:
    if pin.message_id != line.message_id:
        return line
    variant = store.variants.find_variant(tx, actor.workspace, pin.variant_id)
    return line if variant is None else structs.replace(line, text=variant.prompt_text, variant_id=variant.id)
