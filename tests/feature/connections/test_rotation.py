"""Keys of the server change; keys of providers stay readable."""

from pathlib import Path

import pytest

from fabula.core.actor import Actor
from fabula.core.secrets import Keyring, SecretUnreadable
from fabula.db import Database
from fabula.features import identity
from fabula.features.connections import store
from fabula.features.connections.defaults import Defaults
from fabula.features.connections.keyfile import KEY_FILE, open_keyring, read_keys
from fabula.features.connections.rotate import rotate_keys
from fabula.features.connections.types import ConnectionFields, KeyChange, Provider
from fabula.features.connections.write import about, create_connection

FIELDS = ConnectionFields("Row", Provider.OPENAI_COMPATIBLE, "http://127.0.0.1:9/v1")


@pytest.fixture
async def owner(db: Database) -> Actor:
    return await db.system("local owner", identity.ensure_local_owner)


async def add(db: Database, owner: Actor, ring: Keyring, count: int) -> None:
    defaults = Defaults(alone=False)
    for number in range(count):
        await db.write(owner, create_connection, ring, defaults, FIELDS, KeyChange(f"sk-number-{number:03}"))


async def keys(db: Database, owner: Actor, ring: Keyring) -> list[str]:
    rows = await db.system("look", store.connections.list_sealed, "00000000-0000-0000-0000-000000000000", 1000)
    return [ring.open(sealed, about(ws, connection)) for connection, ws, sealed in rows]


async def test_rotation_seals_everything_with_a_new_key_of_the_file(db: Database, owner: Actor, tmp_path: Path) -> None:
    old = open_keyring(tmp_path, None)
    await add(db, owner, old, 101)  # more than one batch
    await rotate_keys(db, tmp_path / KEY_FILE, old)
    new = open_keyring(tmp_path, None)
    assert new.key_id != old.key_id
    assert len(read_keys(tmp_path / KEY_FILE)) == 1
    assert await keys(db, owner, new) == [f"sk-number-{number:03}" for number in range(101)]
    with pytest.raises(SecretUnreadable):
        await keys(db, owner, old)


async def test_rotation_to_configured_keys_leaves_the_file_alone(db: Database, owner: Actor, tmp_path: Path) -> None:
    old, both = open_keyring(tmp_path, "old " * 10), open_keyring(tmp_path, "new " * 10 + "," + "old " * 10)
    await add(db, owner, old, 2)
    await rotate_keys(db, None, both)
    assert await keys(db, owner, open_keyring(tmp_path, "new " * 10)) == ["sk-number-000", "sk-number-001"]


async def test_a_rotation_with_the_wrong_keys_changes_nothing(db: Database, owner: Actor) -> None:
    ring = Keyring(["a" * 32])
    await add(db, owner, ring, 2)
    with pytest.raises(SecretUnreadable):
        await rotate_keys(db, None, Keyring(["b" * 32]))
    assert await keys(db, owner, ring) == ["sk-number-000", "sk-number-001"]
