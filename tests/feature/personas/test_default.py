"""The default persona, on both databases."""

import asyncio

import pytest

from fabula.core.actor import Actor
from fabula.db import Database
from fabula.features import personas
from fabula.features.identity import ensure_local_owner
from fabula.features.personas import NewPersona


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


async def test_many_at_once_leave_one_default(db: Database, actor: Actor) -> None:
    wishes = (db.write(actor, personas.create, NewPersona(f"P{n}", is_default=True)) for n in range(6))
    done = await asyncio.gather(*wishes, return_exceptions=True)
    assert any(isinstance(made, personas.Persona) for made in done)
    listed = (await db.read(actor, personas.list_personas, 50, None)).items
    assert sum(persona.is_default for persona in listed) == 1
