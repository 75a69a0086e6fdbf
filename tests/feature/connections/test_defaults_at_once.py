"""Default connections and presets, made by many at once, on both databases."""

import asyncio
from dataclasses import replace

import pytest

from fabula.core.actor import Actor
from fabula.core.secrets import Keyring, new_secret_key
from fabula.db import Database
from fabula.features.connections import Defaults, PresetFields, presets, read, write
from fabula.features.connections.types import ConnectionFields, Provider
from fabula.features.identity import ensure_local_owner


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


async def test_default_presets_made_and_chosen_at_once(db: Database, actor: Actor) -> None:
    known = Defaults(alone=False)
    fields = [PresetFields(f"P{n}", {}, is_default=True) for n in range(5)]
    made = await asyncio.gather(*(db.write(actor, presets.create_preset, known, new) for new in fields))
    await asyncio.gather(
        *(
            db.write(actor, presets.update_preset, known, one.id, lambda old: replace(old, is_default=True), None)
            for one in made * 2
        )
    )
    listed = (await db.read(actor, read.list_presets, 50, None)).items
    assert (len(listed), sum(one.fields.is_default for one in listed)) == (5, 1)


async def test_default_connections_made_and_chosen_at_once(db: Database, actor: Actor) -> None:
    known, ring = Defaults(alone=False), Keyring([new_secret_key()])
    fields = [ConnectionFields(f"C{n}", Provider.EMBEDDED, is_default=True) for n in range(5)]
    made = await asyncio.gather(*(db.write(actor, write.create_connection, ring, known, new, None) for new in fields))

    def choose(old: ConnectionFields) -> ConnectionFields:
        return replace(old, is_default=True)

    await asyncio.gather(
        *(db.write(actor, write.update_connection, ring, known, one.id, choose, None, None) for one in made * 2)
    )
    listed = (await db.read(actor, read.list_connections, made[0], 50, None)).items[1:]
    assert (len(listed), sum(one.fields.is_default for one in listed)) == (5, 1)
