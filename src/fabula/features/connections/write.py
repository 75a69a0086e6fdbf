"""Making, changing and deleting connections. Every change is audited, without the key."""

from collections.abc import Callable
from dataclasses import replace

from fabula.core.actor import Actor, Scope
from fabula.core.ids import WorkspaceId, uuid7
from fabula.core.secrets import Keyring
from fabula.db import WriteTx
from fabula.features import audit, identity
from fabula.features.connections import rules, store
from fabula.features.connections.defaults import Defaults
from fabula.features.connections.errors import BuiltInReadOnly, ConnectionNotFound, VersionConflict
from fabula.features.connections.schemas import ConnectionOut
from fabula.features.connections.types import (
    BUILT_IN,
    ConnectionFields,
    ConnectionId,
    KeyChange,
    ProviderConnection,
)

_TYPE = "provider_connection"
_REWRAP_BATCH = 100


def about(ws: WorkspaceId, connection: ConnectionId) -> str:
    """What a key is sealed to: it opens for this row only."""
    return f"provider_connections/{ws}/{connection}"


def create_connection(
    tx: WriteTx, actor: Actor, keyring: Keyring, defaults: Defaults, fields: ConnectionFields, key: KeyChange | None
) -> ProviderConnection:
    """Store a connection; raises `InvalidInput` or `AddressForbidden` for what cannot be called."""
    actor.require(Scope.ADMIN)
    rules.check_fields(fields)
    new = ProviderConnection(ConnectionId(uuid7()), fields, None, None, 1, tx.now, tx.now)
    new = _with_key(new, actor, keyring, key)
    if fields.is_default:
        identity.hold_workspace(tx, actor)
        store.connections.clear_default(tx, actor.workspace, new.id)
    store.connections.insert(tx, actor.workspace, new)
    defaults.changed(actor.workspace, tx.now)
    audit.record(tx, actor, "connection.created", _TYPE, new.id, after=rules.show_connection(new))
    return new


def update_connection(
    tx: WriteTx,
    actor: Actor,
    keyring: Keyring,
    defaults: Defaults,
    connection: ConnectionId,
    change: Callable[[ConnectionFields], ConnectionFields],
    key: KeyChange | None,
    version: int | None,
) -> ProviderConnection:
    """Change fields and key; raises `VersionConflict` when `version` is not the current one.

    A key goes only where its owner sent it: with another server and no new key, it is taken away.
    """
    actor.require(Scope.ADMIN)
    identity.hold_workspace(tx, actor)  # before the row, or two who make a default one could lock each other out
    found = _lock(tx, actor, connection, version)
    fields = change(found.fields)
    rules.check_fields(fields)
    moved = not rules.is_same_server(fields.base_url, found.fields.base_url)
    changed = replace(found, fields=fields, version=found.version + 1, updated_at=tx.now)
    changed = _with_key(changed, actor, keyring, key or (KeyChange(None) if moved else None))
    if fields.is_default:
        store.connections.clear_default(tx, actor.workspace, connection)
    store.connections.update(tx, actor.workspace, changed)
    defaults.changed(actor.workspace, tx.now)
    before, after = rules.show_connection(found), rules.show_connection(changed)
    if key is not None:
        after["keyChanged"] = True
    audit.record(tx, actor, "connection.changed", _TYPE, connection, before=before, after=after)
    return changed


def delete_connection(
    tx: WriteTx, actor: Actor, defaults: Defaults, connection: ConnectionId, version: int | None
) -> None:
    """For good, with its key. Chats that chose it say so at their next turn, until they choose another."""
    actor.require(Scope.ADMIN)
    found = _lock(tx, actor, connection, version)
    store.connections.delete(tx, actor.workspace, connection)
    defaults.changed(actor.workspace, tx.now)
    audit.record(tx, actor, "connection.deleted", _TYPE, connection, before=rules.show_connection(found))


def rewrap_keys(tx: WriteTx, keyring: Keyring, after: str) -> str | None:
    """Seal a batch of keys, of all workspaces, with the ring's first key; where to go on, None at the end."""
    batch = store.connections.list_sealed(tx, after, _REWRAP_BATCH)
    for connection, ws, sealed in batch:
        if not keyring.is_current(sealed):
            place = about(ws, connection)
            store.connections.reseal(tx, ws, connection, keyring.seal(keyring.open(sealed, place), place))
    return batch[-1][0] if len(batch) == _REWRAP_BATCH else None


def _lock(tx: WriteTx, actor: Actor, connection: ConnectionId, version: int | None) -> ProviderConnection:
    if connection == BUILT_IN:
        raise BuiltInReadOnly(connection)
    found = store.connections.lock(tx, actor.workspace, connection)
    if found is None:
        raise ConnectionNotFound(connection)
    if version is not None and version != found.version:
        raise VersionConflict(ConnectionOut.of(found).model_dump(mode="json", by_alias=True))
    return found


def _with_key(
    found: ProviderConnection, actor: Actor, keyring: Keyring, change: KeyChange | None
) -> ProviderConnection:
    if change is None:
        return found
    if change.text is None:
        return replace(found, sealed_key=None, key_hint=None)
    key = rules.check_key(change.text)
    return replace(found, sealed_key=keyring.seal(key, about(actor.workspace, found.id)), key_hint=rules.hint_of(key))
