"""Books in rows, on both databases: out again as they came, and ready to be scanned."""

import json
from pathlib import Path

import pytest

from fabula.core.actor import Actor
from fabula.db import Database
from fabula.features.identity import ensure_local_owner
from fabula.features.lore import Shelf, load_books, parse_file, readable
from fabula.features.lore.entry_schemas import EntryIn, EntryOut
from fabula.features.lore.files import ExportFormat, export, join
from fabula.features.lore.importing import import_books
from fabula.features.lore.types import Lorebook, LorebookId, LoreEntry
from fabula.plugins import Json


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


async def store_file(db: Database, actor: Actor, name: str, data: bytes) -> LorebookId:
    (item,) = await db.write(actor, import_books, [parse_file(name, data)])
    assert item.error is None
    assert item.lorebook_id is not None
    return item.lorebook_id


_ENTRY: dict[str, Json] = {"keys": ["a"], "content": "A.", "enabled": True, "insertion_order": 2, "extensions": {}}


@pytest.mark.parametrize(
    "raw",
    [
        {"entries": {"7": {"uid": 7, "key": ["a"], "content": "A"}, "3": {"uid": 3, "key": ["b"], "content": "B"}}},
        {"entries": [_ENTRY, {**_ENTRY, "id": 1}, {**_ENTRY, "id": 1}], "name": "Twins", "x": None},
        {"spec": "lorebook_v3", "extra": 1, "data": {"entries": [_ENTRY], "name": "N", "scan_depth": "4"}},
        {"entries": {}, "name": "Empty"},
    ],
)
async def test_rows_put_together_are_the_file(db: Database, actor: Actor, raw: dict[str, Json]) -> None:
    book = await store_file(db, actor, "f.json", json.dumps(raw).encode())
    ((stored, entries),) = await db.read(actor, load_books, [book])
    assert join(stored, entries) == raw
    read = readable(stored, entries)
    assert [entry.id for entry in read.entries] == [entry.id for entry in entries]


async def test_a_real_world_info_goes_out_unchanged(db: Database, actor: Actor, cases: Path) -> None:
    raw = (cases / "cards" / "st_worldinfo_eldoria.json").read_bytes()
    book = await store_file(db, actor, "Eldoria.json", raw)
    ((stored, entries),) = await db.read(actor, load_books, [book])
    assert export(stored, entries, ExportFormat.SILLYTAVERN) == json.loads(raw)


async def test_text_no_database_stores_is_mended_on_the_way_in(db: Database, actor: Actor) -> None:
    raw = b'{"entries": {"0": {"uid": 0, "key": ["a"], "content": "bad \\ud800 and \\u0000"}}}'
    book = await store_file(db, actor, "f.json", raw)
    ((_, entries),) = await db.read(actor, load_books, [book])
    assert entries[0].raw["content"] == "bad \ufffd and \ufffd"


def test_the_api_has_every_field_of_an_entry() -> None:
    fields = LoreEntry.__dataclass_fields__.keys() - {"raw", "id"}
    assert EntryIn.model_fields.keys() - {"extensions"} == fields
    assert EntryOut.model_fields.keys() - {"extensions", "id"} == fields


def test_a_shelf_keeps_the_books_used_last_and_never_more_than_it_holds() -> None:
    shelf = Shelf(entries=10)
    books = {name: Lorebook(name, entries=tuple(LoreEntry(str(n)) for n in range(3))) for name in "abc"}
    shelf.put(("a", 1), books["a"])
    shelf.put(("b", 1), books["b"])
    assert shelf.find(("a", 1)) is books["a"]
    shelf.put(("c", 1), books["c"])
    assert [shelf.find((name, 1)) is not None for name in "abc"] == [True, False, True]
    assert shelf.find(("a", 2)) is None
    huge = Lorebook("h", entries=tuple(LoreEntry(str(n)) for n in range(20)))
    assert shelf.put(("h", 1), huge) is huge
    assert shelf.find(("h", 1)) is None
    assert shelf.find(("a", 1)) is not None
