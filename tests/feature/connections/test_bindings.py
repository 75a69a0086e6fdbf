"""What a chat or profile may bind: only what is there, in its own workspace."""

from dataclasses import replace

import pytest

from fabula.core.actor import Actor
from fabula.core.ids import WorkspaceId, uuid7
from fabula.core.secrets import Keyring
from fabula.db import Database
from fabula.features import identity
from fabula.features.connections import BUILT_IN, check_bindings
from fabula.features.connections.defaults import Defaults
from fabula.features.connections.errors import ConnectionNotFound, PresetNotFound
from fabula.features.connections.presets import create_preset
from fabula.features.connections.types import ConnectionFields, PresetFields, Provider
from fabula.features.connections.write import create_connection
from fabula.plugins import Json


@pytest.fixture
async def owner(db: Database) -> Actor:
    return await db.system("local owner", identity.ensure_local_owner)


@pytest.fixture
async def bound(db: Database, owner: Actor) -> dict[str, Json]:
    """Settings that name a connection and a preset of the owner's workspace."""
    defaults = Defaults(alone=False)
    fields = ConnectionFields("Row", Provider.OPENAI_COMPATIBLE, "http://127.0.0.1:9/v1")
    connection = await db.write(owner, create_connection, Keyring(["k" * 32]), defaults, fields, None)
    preset = await db.write(owner, create_preset, defaults, PresetFields("P", {"top_k": 1}))
    return {"connectionId": connection.id, "presetId": preset.id, "model": "m"}


async def test_what_is_there_may_be_bound(db: Database, owner: Actor, bound: dict[str, Json]) -> None:
    await db.read(owner, check_bindings, bound)
    await db.read(owner, check_bindings, {})
    await db.read(owner, check_bindings, {"connectionId": BUILT_IN, "model": "any"})


@pytest.mark.parametrize("value", [uuid7(), "no id at all"])
async def test_what_is_not_there_is_not_found(db: Database, owner: Actor, bound: dict[str, Json], value: str) -> None:
    with pytest.raises(ConnectionNotFound):
        await db.read(owner, check_bindings, {**bound, "connectionId": value})
    with pytest.raises(PresetNotFound):
        await db.read(owner, check_bindings, {**bound, "presetId": value})


async def test_another_workspaces_are_not_found(db: Database, owner: Actor, bound: dict[str, Json]) -> None:
    stranger = replace(owner, workspace=WorkspaceId(uuid7()))
    with pytest.raises(ConnectionNotFound):
        await db.read(stranger, check_bindings, bound)
    with pytest.raises(PresetNotFound):
        await db.read(stranger, check_bindings, {"presetId": bound["presetId"]})
