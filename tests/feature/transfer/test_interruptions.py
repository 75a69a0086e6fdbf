"""Imports that are cut off: nothing half-made is seen, nothing is doubled, and the rest follows."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from fabula.core.actor import Actor
from fabula.core.ids import ChatId, InstanceId, uuid7
from fabula.db import Database
from fabula.engine.blobs import FileBlobs
from fabula.engine.jobs import JobContext, Jobs
from fabula.features.connections import Defaults
from fabula.features.conversations import importing, read, standing
from fabula.features.generation.tale.previews import tale_scopes
from fabula.features.identity import ensure_local_owner
from fabula.features.lore import LorebookId, binding
from fabula.features.transfer import Shelves
from fabula.features.transfer.chatfile import Outline, read_outline
from fabula.features.transfer.chats import import_chats
from fabula.features.transfer.destination import Destination
from fabula.features.transfer.errors import FileGone
from fabula.features.transfer.folder import import_folder
from fabula.features.transfer.source import FolderSource
from fabula.features.transfer.types import Cast, Item, ItemStatus
from tests.unit.transfer.making import chat_file, header, said

LONG = chat_file(header(), *(said(f"m{n}", user=n % 2 == 1) for n in range(1200)))


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


async def titles(db: Database, actor: Actor) -> list[str]:
    page = await db.read(actor, read.list_chats, None, 50, None)
    return sorted(chat.title for chat in page.items)


async def unfinished(db: Database) -> int:
    """How many chats wait to be removed; removes them."""
    rounds = 0
    while await db.system("unfinished imports", importing.remove_unfinished, -1.0):
        rounds += 1
    return rounds


class Dying:
    """A database whose user dies at a write, once so many have been committed."""

    def __init__(self, db: Database, writes: int) -> None:
        self.read = db.read
        self._write = db.write
        self._left = writes

    async def write(self, *args: Any) -> Any:
        if not self._left:
            raise asyncio.CancelledError
        self._left -= 1
        return await self._write(*args)


async def cut_off(db: Database, writes: int, actor: Actor, to: Destination, outline: Outline) -> None:
    with pytest.raises(asyncio.CancelledError):
        await import_chats(Dying(db, writes), actor, to, [outline])  # type: ignore[arg-type]  # as much of it as is used


async def test_a_file_that_cannot_be_read_again_leaves_nothing(db: Database, actor: Actor) -> None:
    def gone(outline: Outline) -> bytes:
        raise FileGone(outline.file)

    (item,) = await import_chats(db, actor, Destination(Cast(None), gone), [read_outline("x.jsonl", LONG)])
    assert (item.status, item.error and item.error[0]) == (ItemStatus.FAILED, "transfer.file_gone")
    assert (await titles(db, actor), await unfinished(db)) == ([], 0)


async def test_an_import_that_is_cut_off_is_invisible_and_can_be_done_again(db: Database, actor: Actor) -> None:
    outline = read_outline("x.jsonl", LONG)
    to = Destination(Cast(None), lambda _: LONG)
    for writes in (0, 1, 3, 4):  # of five: the chat is opened, three batches, it is shown
        await cut_off(db, writes, actor, to, outline)
        assert await titles(db, actor) == []
    (item,) = await import_chats(db, actor, to, [outline])
    assert (item.status, await titles(db, actor)) == (ItemStatus.CREATED, ["x"])
    await unfinished(db)
    assert await titles(db, actor) == ["x"]


async def test_of_two_imports_at_once_one_makes_the_chat(db: Database, actor: Actor) -> None:
    outline = read_outline("x.jsonl", LONG)
    to = Destination(Cast(None), lambda _: LONG)
    both = await asyncio.gather(*(import_chats(db, actor, to, [outline]) for _ in range(2)))
    found = [items[0] for items in both]
    assert len({item.id for item in found}) == len(await titles(db, actor)) == 1


class Attempt:
    """A job's context whose steps are kept in `done`, and which dies once `most` of them have run."""

    def __init__(self, actor: Actor, done: dict[str, Any], most: int) -> None:
        self.actor = actor
        self._done = done
        self._left = most

    async def step(self, name: str, fn: Callable[[], Any], *, tries: int = 1) -> Any:
        if name not in self._done:
            found = fn()
            result = await found if isinstance(found, Awaitable) else found
            if not self._left:
                raise asyncio.CancelledError("the step had its effect, and the process died before it was noted")
            self._left -= 1
            self._done[name] = json.loads(json.dumps(result))
        return self._done[name]

    async def progress(self, done: int, total: int, note: str = "") -> None:
        assert 0 <= done <= total


def fill(db: Database, place: Path, files: dict[str, bytes]) -> Shelves:
    """Write a data folder at `in`; where it goes to."""
    for name, data in files.items():
        (place / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "in" / name).write_bytes(data)
    jobs = Jobs(db, place / "unused", InstanceId(uuid7()), executes=False)
    return Shelves(db, FileBlobs(place / "blobs"), jobs, Defaults(alone=False), tale_scopes())


async def test_a_folder_is_whole_after_a_death_in_every_step(db: Database, actor: Actor, tmp_path: Path) -> None:
    files = {
        "characters/Mira.json": b'{"name": "Mira", "first_mes": "Hi"}',
        "worlds/Sea.json": b'{"entries": {}}',
        "chats/Mira/Main.jsonl": chat_file(header(persona="a.png"), said("a"), said("b", user=True)),
        "chats/Mira/Branch.jsonl": chat_file(header(main_chat="Main"), said("a"), said("c")),
        "chats/Lost/Old.jsonl": chat_file(header(), said("d", name="Lost")),
        "settings.json": json.dumps({"power_user": {"personas": {"a.png": "Ann"}}}).encode(),
        "TextGen Settings/P.json": b'{"temp": 1}',
    }
    to = fill(db, tmp_path, files)
    done: dict[str, Any] = {}
    deaths, result = 0, None
    while result is None:
        try:
            context = cast("JobContext", Attempt(actor, done, most=1 if deaths else 0))
            result = await import_folder(to, context, FolderSource(tmp_path / "in"))
        except asyncio.CancelledError:
            deaths += 1
    assert deaths >= 6
    assert await titles(db, actor) == ["Main", "Old"]
    assert isinstance(result, dict)
    items = result["items"]
    assert isinstance(items, list)
    assert {item["file"] for item in items if isinstance(item, dict)} == {
        *(name for name in files if name != "settings.json"), "a.png", "Lost.json",
    }  # fmt: skip
    assert {item["status"] for item in items if isinstance(item, dict)} <= {"created", "duplicate"}


class DyingFolder(FolderSource):
    """A folder whose process dies when the file that ends with `last` is read for the second time."""

    def __init__(self, folder: Path, last: str) -> None:
        super().__init__(folder)
        self._last = last
        self._reads = 0

    def read(self, name: str, most: int) -> bytes:
        self._reads += name.endswith(self._last)
        if self._reads > 1:
            raise asyncio.CancelledError
        return super().read(name, most)


async def test_a_chats_lorebook_takes_part_also_after_a_death_among_the_chats(
    db: Database, actor: Actor, tmp_path: Path
) -> None:
    spans = {"sticky": {"Sea.0": {"hash": 7, "start": 2, "end": 8, "protected": False}}}
    book = {"entries": {"0": {"uid": 0, "key": ["sea"], "content": "Deep.", "sticky": 6}}}
    shelves = fill(db, tmp_path, {
        "characters/Mira.json": b'{"name": "Mira", "first_mes": "Hi"}',
        "worlds/Sea.json": json.dumps(book).encode(),
        "chats/Mira/A.jsonl": chat_file(header(world_info="Sea", timedWorldInfo=spans), said("a"), said("b")),
        "chats/Mira/B.jsonl": chat_file(header(), said("c")),
    })  # fmt: skip
    done: dict[str, Any] = {}
    context = cast("JobContext", Attempt(actor, done, most=99))
    with pytest.raises(asyncio.CancelledError):
        await import_folder(shelves, context, DyingFolder(tmp_path / "in", "B.jsonl"))
    result: Any = await import_folder(shelves, context, FolderSource(tmp_path / "in"))
    found = {item["file"]: item for item in result["items"]}
    came = found["chats/Mira/A.jsonl"], found["chats/Mira/B.jsonl"]
    assert [item["status"] for item in came] == ["duplicate", "created"]
    chat = await db.read(actor, read.get_chat, ChatId(came[0]["id"]))
    (bound,) = await db.read(actor, binding.list_bindings, LorebookId(found["worlds/Sea.json"]["id"]))
    assert (bound.scope, bound.scope_id) == ("chat", chat.id)
    branch = await db.read(actor, read.get_branch, chat, None)
    assert len(await db.read(actor, standing.list_effects, chat, branch, 9)) == 1


async def test_what_a_chat_has_grown_by_can_be_cut_off_and_done_again(db: Database, actor: Actor) -> None:
    begun = chat_file(header(), *(said(f"m{n}", user=n % 2 == 1) for n in range(3)))
    (item,) = await import_chats(db, actor, Destination(Cast(None), lambda _: begun), [read_outline("x.jsonl", begun)])
    to, outline = Destination(Cast(None), lambda _: LONG), read_outline("x.jsonl", LONG)
    await cut_off(db, 1, actor, to, outline)
    assert 2 < await last_seq(db, actor, item) < 1199
    (again,) = await import_chats(db, actor, to, [outline])
    assert (again.status, again.id, await titles(db, actor)) == (ItemStatus.CREATED, item.id, ["x"])
    assert await last_seq(db, actor, item) == 1199
    (done,) = await import_chats(db, actor, to, [outline])
    assert (done.status, done.id) == (ItemStatus.DUPLICATE, item.id)


async def last_seq(db: Database, actor: Actor, item: Item) -> int:
    chat = await db.read(actor, read.get_chat, ChatId(str(item.id)))
    return (await db.read(actor, read.get_branch, chat, None)).last_seq
