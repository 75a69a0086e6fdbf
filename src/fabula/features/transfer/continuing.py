"""A chat file that has grown since it was imported: what is new in it joins the chat that came from it.

Files are told apart by how they begin; how far a file and a chat agree is found by comparing what people read. Where
the file goes on, so does the branch that came from it; where somebody went on here meanwhile, or changed what was
imported, the rest of the file becomes a branch of its own. Nothing that was written here is touched.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from fabula.core.actor import Actor
from fabula.core.ids import BranchId, ChatId, uuid7
from fabula.db import Database, ReadTx, WriteTx
from fabula.features import conversations
from fabula.features.conversations import Branch, Chat, answer, choose, importing, read, whole
from fabula.features.transfer.chatfile import (
    KEPT,
    Outline,
    digest_told,
    is_extended,
    read_line,
    title_of,
    write_message,
)
from fabula.features.transfer.destination import Destination, item_of, pour
from fabula.features.transfer.errors import ChatMoved
from fabula.features.transfer.family import stem
from fabula.features.transfer.types import Item, ItemStatus, JsonObject, Note

_PAGE = 200
_BRANCHES = 500
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class _Meeting:
    """How far a file and a branch agree: `shared` messages, the last at `seq` of branch `owner`; `next` is the
    branch's first message that the file does not tell.
    """

    branch: Branch
    shared: int
    owner: BranchId
    seq: int
    next: whole.WholeMessage | None = None


async def continue_chat(db: Database, actor: Actor, to: Destination, outline: Outline) -> Item | None:
    """What became of a file that goes on from one imported before; None when it is the first of its tale.

    Raises `ChatMoved` when people write in the chat all the while.
    """
    for attempt in range(_ATTEMPTS):
        chat = await db.read(actor, _find_chat, to, outline)
        if chat is None:
            return None
        try:
            return await _continue(db, actor, to, outline, chat)
        except ChatMoved:
            if attempt == _ATTEMPTS - 1:
                raise
    return None


def _find_chat(tx: ReadTx, actor: Actor, to: Destination, outline: Outline) -> Chat | None:
    """By the file's name and its beginning; a file that was renamed, by its beginning alone."""
    keys = (outline.named_start, outline.start)
    found = (whole.find_imported(tx, actor, to.cast.profile, key) for key in keys if key)
    return next((chat for chat in found if chat is not None), None)


async def _continue(db: Database, actor: Actor, to: Destination, outline: Outline, chat: Chat) -> Item | None:
    branches = await db.read(actor, _list_branches, chat.id)
    names = _names(await db.read(actor, whole.get_meta, chat.id), chat, branches)
    name = stem(outline.file)

    def is_its_own(branch: Branch) -> bool:
        """Of a file that names no main chat, `main` came, whatever it is called by now."""
        is_main = branch.parent_branch_id is None
        return names.get(branch.id) == name or (is_main and not outline.view.main) or branch.title == title_of(name)

    meetings = await _meet(db, actor, branches, outline)
    best = max(meetings, key=lambda met: (met.shared, met.next is None, is_its_own(met.branch)))
    left = len(outline.told) - best.shared
    if not left and best.next is None:
        return item_of(outline, ItemStatus.DUPLICATE, chat)
    last = None
    if is_its_own(best.branch) and left:
        last = await _find_extended(to, outline, best, branches)
        if best.next is None or last is not None:
            await _pour(db, actor, to, outline, best, best.branch, last)
            return item_of(outline, ItemStatus.CREATED, chat, [_went_on(left)])
    if not outline.view.main and (best.shared < 2 or not left):
        return None  # no more in common than a greeting, or a shorter copy: a tale of its own, as it says itself
    if not best.shared:
        return None
    branch = await db.write(actor, _open, chat.id, best, branches[-1].id, title_of(name))
    await _pour(db, actor, to, outline, best, branch, None)
    return item_of(outline, ItemStatus.CREATED, chat, [_branched(branch, left)])


async def _meet(db: Database, actor: Actor, branches: Sequence[Branch], outline: Outline) -> list[_Meeting]:
    """How far each branch that begins like the file agrees with it. Each branch's own messages are read once."""
    main = next(branch for branch in branches if branch.parent_branch_id is None)
    ahead, met = [_Meeting(main, 0, main.id, -1)], list[_Meeting]()
    while ahead:
        start = ahead.pop()
        reached, spots = await _follow(db, actor, outline, start)
        met.append(reached)
        for child in branches:
            if child.parent_branch_id != start.branch.id:
                continue
            if reached.next is None or child.fork_seq < reached.next.message.seq:
                count = bisect_right(spots, child.fork_seq, key=itemgetter(0))
                seq, owner = spots[count - 1] if count else (start.seq, start.owner)
                ahead.append(_Meeting(child, start.shared + count, owner, seq))
    return met


async def _follow(
    db: Database, actor: Actor, outline: Outline, at: _Meeting
) -> tuple[_Meeting, list[tuple[int, BranchId]]]:
    """Go on along the branch while the file tells the same; also the places passed, each with its owner."""
    spots: list[tuple[int, BranchId]] = []
    while page := await db.read(actor, whole.list_whole, at.branch.chat_id, at.branch.id, _PAGE, at.seq):
        digests = await asyncio.to_thread(_digests, page)
        for found, digest in zip(page, digests, strict=True):
            if outline.told[at.shared : at.shared + 1] != [digest]:
                return replace(at, next=found), spots
            at = replace(at, shared=at.shared + 1, owner=found.message.branch_id, seq=found.message.seq)
            spots.append((at.seq, at.owner))
    return at, spots


def _digests(page: Sequence[whole.WholeMessage]) -> list[bytes]:
    return [digest_told(write_message(found.message, found.variants, found.meta)) for found in page]


async def _find_extended(
    to: Destination, outline: Outline, met: _Meeting, branches: Sequence[Branch]
) -> whole.WholeMessage | None:
    """The branch's last message, when the file has the same with more swipes and nobody built on it here."""
    found = met.next
    if found is None or found.message.seq != met.branch.last_seq or found.message.branch_id != met.branch.id:
        return None
    if any(branch.forked_from_message_id == found.message.id for branch in branches):
        return None
    if not all(variant.kind is whole.VariantKind.IMPORT for variant in found.variants):
        return None
    line = await asyncio.to_thread(lambda: read_line(to.read(outline), met.shared))
    return found if is_extended(write_message(found.message, found.variants, found.meta), line) else None


async def _pour(
    db: Database,
    actor: Actor,
    to: Destination,
    outline: Outline,
    met: _Meeting,
    branch: Branch,
    last: whole.WholeMessage | None,
) -> None:
    """Add what the file has beyond the meeting to the end of `branch`; the first of it are new swipes of `last`."""
    end, open_ended = branch.last_seq, last

    def append(tx: WriteTx, actor: Actor, batch: Sequence[importing.ImportedMessage]) -> None:
        _append(tx, actor, branch, end, open_ended, batch)
        to.attach(tx, actor, branch.chat_id, [outline])

    async def add(batch: Sequence[importing.ImportedMessage]) -> None:
        nonlocal end, open_ended
        await db.write(actor, append, batch)
        end, open_ended = end + len(batch) - (open_ended is not None), None

    await pour(to, outline, met.shared, add)


def _append(
    tx: WriteTx,
    actor: Actor,
    branch: Branch,
    end: int,
    last: whole.WholeMessage | None,
    batch: Sequence[importing.ImportedMessage],
) -> None:
    """Add a batch if the branch is as it was when the file was compared; raises `ChatMoved`."""
    chat = conversations.get_chat(tx, actor, branch.chat_id)
    if answer.lock_branch(tx, actor, chat, branch.id).last_seq != end:
        raise ChatMoved(chat.id)
    if last is not None:
        _extend(tx, actor, last, batch[0])
        batch = batch[1:]
    importing.add(tx, actor, chat.id, branch.id, end + 1, batch)
    importing.note_growth(tx, actor, chat.id)


def _extend(tx: WriteTx, actor: Actor, last: whole.WholeMessage, new: importing.ImportedMessage) -> None:
    """Let the message stay what it is, with the swipes it has got since; raises `ChatMoved` if it was changed."""
    message = choose.lock_settled(tx, actor, last.message.id, None).message
    if message.version != last.message.version:
        raise ChatMoved(message.chat_id)
    importing.grow(tx, actor, message.chat_id, message.id, [variant.id for variant in last.variants], new)


def _open(tx: WriteTx, actor: Actor, chat: ChatId, met: _Meeting, newest: BranchId, title: str) -> Branch:
    """A branch behind the meeting; raises `ChatMoved` when another was made since the file was compared."""
    found = conversations.get_chat(tx, actor, chat)
    answer.lock_branch(tx, actor, found, met.owner)
    if _list_branches(tx, actor, chat)[-1].id != newest:
        raise ChatMoved(chat)
    branch = BranchId(uuid7())
    whole.open_branch(tx, actor, chat, branch, met.owner, met.seq, title)
    choose.note_change(tx, actor, chat)
    return conversations.get_branch(tx, actor, found, branch)


def _list_branches(tx: ReadTx, actor: Actor, chat: ChatId) -> list[Branch]:
    """All of them, oldest first."""
    found, cursor = list[Branch](), None
    while True:
        page = read.list_branches(tx, actor, chat, _BRANCHES, cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def _names(meta: JsonObject, chat: Chat, branches: Sequence[Branch]) -> dict[BranchId, str]:
    """The file that each branch came from, as far as it was noted at its import."""
    kept = meta.get(KEPT)
    kept = kept if isinstance(kept, dict) else {}
    noted = kept.get("branches")
    noted = noted if isinstance(noted, dict) else {}
    files = {name: its.get("file") for name, its in noted.items() if isinstance(its, dict)}
    files |= {branch.id: kept.get("file") for branch in branches if branch.parent_branch_id is None}
    return {BranchId(branch): file for branch, file in files.items() if isinstance(file, str)}


def _went_on(count: int) -> Note:
    return Note("continued", "", f"went on since it was imported: {count:,} messages joined the chat that came from it")


def _branched(branch: Branch, count: int) -> Note:
    text = f"went on elsewhere than the chat that came from it: {count:,} messages became its branch {branch.title!r}"
    return Note("branched", "", text)
