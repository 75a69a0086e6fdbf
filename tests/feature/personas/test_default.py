"""The default persona, on both databases."""

import asyncio

import pytest

from fabula.core.actor import Actor
from fabula.db import Database
from fabula.features import personas
from fabula.features.identity import ensure_local_owner
from fabula.features.personas import NewPersona
from fabula.features.personas.write import PersonaChange, change


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


async def defaults(db: Database, actor: Actor) -> int:
    listed = (await db.read(actor, personas.list_personas, 50, None)).items
    return sum(persona.is_default for persona in listed)


async def test_many_made_at_once_all_succeed_and_leave_one_default(db: Database, actor: Actor) -> None:
    await asyncio.gather(*(db.write(actor, personas.create, NewPersona(f"P{n}", is_default=True)) for n in range(6)))
    assert await defaults(db, actor) == 1


async def test_many_changed_at_once_all_succeed_and_leave_one_default(db: Database, actor: Actor) -> None:
    made = [await db.write(actor, personas.create, NewPersona(f"P{n}", is_default=n == 0)) for n in range(4)]
    wishes = [PersonaChange(is_default=True)] * 3 + [PersonaChange(name="Q")]
    pairs = [(one.id, wish) for wish in wishes for one in made]
    await asyncio.gather(*(db.write(actor, change, one, wish) for one, wish in pairs))
    assert await defaults(db, actor) == 1
