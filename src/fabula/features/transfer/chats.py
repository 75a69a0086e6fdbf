"""Import the chat files of one character: each file a chat, or a branch of the chat it was copied from.

A flow of many transactions. A chat stays invisible until it is whole; one that fails leaves nothing. What was imported
before is known by its content, so that an import can be repeated; what has grown since goes on (see `continuing`).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from fabula.core.actor import Actor
from fabula.core.errors import AppError
from fabula.core.ids import BranchId, ChatId, InstanceId, OperationId
from fabula.db import Database, WriteTx
from fabula.engine.store import delete_operation, insert_operation
from fabula.features.conversations import Chat, ChatKind, importing, whole
from fabula.features.transfer.chatfile import KEPT, Outline, read_outline, settings_of, title_of
from fabula.features.transfer.continuing import continue_chat
from fabula.features.transfer.destination import Destination, failed, item_of, pour
from fabula.features.transfer.errors import NotAChat
from fabula.features.transfer.family import Line, families, stem
from fabula.features.transfer.types import Item, ItemStatus, JsonObject, Notes

MAX_CHAT_BYTES = 128 * 2**20


async def look_through(file: str, read: Callable[[], bytes]) -> Outline | Item:
    """What of a file must be known before its import, or why it cannot be imported."""
    try:
        outline = await asyncio.to_thread(lambda: read_outline(file, read()))
        if not outline.digests and outline.header is None:
            raise NotAChat
    except AppError as error:
        return failed(file, error)
    return outline


async def import_chats(db: Database, actor: Actor, to: Destination, outlines: Sequence[Outline]) -> list[Item]:
    """Import what is not here yet; what became of each file, in the order given."""
    # By identity: of files that were handed in, several may have one name.
    found: dict[int, Item] = {}
    first: dict[str, Outline] = {}
    for outline in outlines:
        known = await db.read(actor, whole.find_imported, to.cast.profile, outline.key)
        if known is not None:
            found[id(outline)] = item_of(outline, ItemStatus.DUPLICATE, known)
        else:
            first.setdefault(outline.key, outline)
    made: dict[str, Item] = {}
    # A main chat before the branches that were copied from it.
    for outline in sorted(first.values(), key=lambda outline: bool(outline.view.main)):
        if (item := await _go_on(db, actor, to, outline)) is not None:
            made[outline.key] = item
    for family in families([outline for outline in first.values() if outline.key not in made]):
        items = await _import_family(db, actor, to, family)
        made |= {line.outline.key: item for line, item in zip(family, items, strict=True)}
    return [found.get(id(outline)) or _of(outline, first, made) for outline in outlines]


async def _go_on(db: Database, actor: Actor, to: Destination, outline: Outline) -> Item | None:
    try:
        return await continue_chat(db, actor, to, outline)
    except AppError as error:
        return failed(outline.file, error, outline.notes)


def _of(outline: Outline, first: Mapping[str, Outline], made: Mapping[str, Item]) -> Item:
    """The item of a file that was imported just now, by itself or as another file with the same content."""
    item = made[outline.key]
    if first[outline.key] is outline or item.status is ItemStatus.FAILED:
        return item
    return Item(outline.file, item.kind, ItemStatus.DUPLICATE, item.id, item.name, outline.notes)


async def _import_family(db: Database, actor: Actor, to: Destination, family: Sequence[Line]) -> list[Item]:
    notes = Notes()
    settings = settings_of(family[0].outline.header, notes) | to.bound(family[0].outline.view)
    try:
        chat, status = await _import_chat(db, actor, to, family, settings)
    except AppError as error:
        return [failed(line.outline.file, error, line.outline.notes) for line in family]
    items = [item_of(line.outline, status, chat, line.notes) for line in family]
    return [replace(items[0], notes=(*items[0].notes, *notes.all())), *items[1:]]


async def _import_chat(
    db: Database, actor: Actor, to: Destination, family: Sequence[Line], settings: JsonObject
) -> tuple[Chat, ItemStatus]:
    root = family[0]
    title = title_of(root.name) or root.outline.character
    new = importing.NewImport(ChatKind.TALE, to.cast.profile, title, settings, _meta(to, family))
    chat, main = await db.write(actor, importing.open_chat, new)
    try:
        for line in family:
            await _fill(db, actor, to, line, chat, main)
        shown = await db.write(actor, _finish, chat, main, to, [line.outline for line in family])
        if shown.id == chat:
            return shown, ItemStatus.CREATED
    except Exception:
        # Whatever it was: leave nothing half-made.
        await _discard(db, actor, chat)
        raise
    await _discard(db, actor, chat)
    return shown, ItemStatus.DUPLICATE


async def _fill(db: Database, actor: Actor, to: Destination, line: Line, chat: ChatId, main: BranchId) -> None:
    """Add a file's own messages; its branch first, unless it is `main`."""
    branch = main
    if line.parent is not None:
        branch, owner = line.id, line.owner_of(line.shared - 1)
        parent = owner.id if owner.parent is not None else main
        await db.write(actor, whole.open_branch, chat, branch, parent, line.shared - 1, title_of(line.name))
    seq = line.shared

    async def add(batch: Sequence[importing.ImportedMessage]) -> None:
        nonlocal seq
        await db.write(actor, importing.add, chat, branch, seq, batch)
        seq += len(batch)

    await pour(to, line.outline, line.shared, add)


def _finish(
    tx: WriteTx, actor: Actor, chat: ChatId, main: BranchId, to: Destination, outlines: Sequence[Outline]
) -> Chat:
    """Show the chat, unless another import of the same file was through first: then that one's chat."""
    profile, key = to.cast.profile, outlines[0].key
    turn = OperationId(f"transfer:{profile}:{key}")
    # A row nobody ever sees: who inserts the same one waits here until we have committed, and then finds our chat.
    is_ours = insert_operation(tx, actor.workspace, turn, key, InstanceId(chat))
    shown = whole.find_imported(tx, actor, profile, key)
    if shown is None:
        shown = importing.finish(tx, actor, chat, main)
        to.complete(tx, actor, chat, outlines)
    if is_ours:
        delete_operation(tx, actor.workspace, turn)
    return shown


async def _discard(db: Database, actor: Actor, chat: ChatId) -> None:
    while await db.write(actor, importing.discard, chat):
        pass


def _meta(to: Destination, family: Sequence[Line]) -> JsonObject:
    """What an export needs that no column holds: headers, and the lines that a branch's file wrote otherwise."""
    root, *branches = family
    kept: JsonObject = {
        **to.beside,
        "file": stem(root.outline.file),
        "header": root.outline.header,
        "branches": {
            line.id: {
                "file": line.name,
                "header": line.outline.header,
                "lines": {str(seq): own for seq, own in line.own_lines().items()},
            }
            for line in branches
        },
    }
    keys = [line.outline.key for line in family]
    starts = [root.outline.start, *(line.outline.named_start for line in family)]
    return {whole.IMPORT_KEYS: [*keys, *filter(None, starts)], KEPT: kept}
