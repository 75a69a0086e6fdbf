"""SQL of provider connections."""

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.features.connections.tables import provider_connections as c
from fabula.features.connections.types import (
    CallTimeouts,
    ConnectionFields,
    ConnectionId,
    Provider,
    ProviderConnection,
)

_P = sa.bindparam
COLUMNS = (
    c.c.id,
    c.c.name,
    c.c.provider,
    c.c.base_url,
    c.c.sealed_key,
    c.c.key_hint,
    c.c.default_model,
    c.c.family,
    c.c.timeouts_json,
    c.c.context_tokens,
    c.c.answer_tokens,
    c.c.enabled,
    c.c.is_default,
    c.c.version,
    c.c.created_at,
    c.c.updated_at,
)
_OURS = c.c.workspace_id == _P("ws")
_THIS = _OURS & (c.c.id == _P("connection"))
_FIND = sa.select(*COLUMNS).where(_THIS)
_LOCK = _FIND.with_for_update()
_LIST = sa.select(*COLUMNS).where(_OURS & (c.c.id > _P("after"))).order_by(c.c.id).limit(_P("take"))
_INSERT = sa.insert(c)
_DELETE = sa.delete(c).where(_THIS)
_CHANGED = [column.name for column in COLUMNS if column.name not in {"id", "version", "created_at", "updated_at"}]
_UPDATE = (
    sa.update(c)
    .where(_THIS)
    .values({c.c[name]: _P(f"new_{name}") for name in _CHANGED} | {c.c.version: c.c.version + 1})
    .values(updated_at=_P("now"))
)
_CLEAR_DEFAULT = (
    sa.update(c)
    .where(_OURS & c.c.is_default & (c.c.id != _P("connection")))
    .values(is_default=False, version=c.c.version + 1, updated_at=_P("now"))
)
# Across workspaces: a change of the server's key concerns every sealed text.
_LIST_SEALED = (
    sa.select(c.c.id, c.c.workspace_id, c.c.sealed_key)
    .where(c.c.sealed_key.is_not(None) & (c.c.id > _P("after")))
    .order_by(c.c.id)
    .limit(_P("take"))
    .with_for_update()
)
_RESEAL = sa.update(c).where(_THIS).values(sealed_key=_P("sealed"))


def read_row(row: Any) -> ProviderConnection:
    """A row of `COLUMNS`, under whatever labels, as a connection."""
    (ident, name, provider, url, sealed, hint, model, family, timeouts, context, answer, on, is_default, *rest) = row
    fields = ConnectionFields(
        name, Provider(provider), url, model, family, CallTimeouts(**timeouts), context, answer, on, is_default
    )
    return ProviderConnection(ConnectionId(ident), fields, sealed, hint, *rest)


def find(tx: ReadTx, ws: WorkspaceId, connection: ConnectionId) -> ProviderConnection | None:
    row = tx.execute(_FIND, {"ws": ws, "connection": connection}).one_or_none()
    return None if row is None else read_row(row)


def lock(tx: WriteTx, ws: WorkspaceId, connection: ConnectionId) -> ProviderConnection | None:
    """As `find`, and nobody else changes it before this transaction ends."""
    row = tx.execute(_LOCK, {"ws": ws, "connection": connection}).one_or_none()
    return None if row is None else read_row(row)


def list_after(tx: ReadTx, ws: WorkspaceId, after: str, take: int) -> list[ProviderConnection]:
    """Connections by age, the oldest first."""
    return [read_row(row) for row in tx.execute(_LIST, {"ws": ws, "after": after, "take": take})]


def insert(tx: WriteTx, ws: WorkspaceId, new: ProviderConnection) -> None:
    times = {"created_at": new.created_at, "updated_at": new.updated_at}
    tx.execute(_INSERT, {"id": new.id, "workspace_id": ws, "version": new.version, **_values(new), **times})


def update(tx: WriteTx, ws: WorkspaceId, changed: ProviderConnection) -> None:
    """Store fields and key; the version goes up by one."""
    values = {f"new_{name}": value for name, value in _values(changed).items()}
    tx.execute(_UPDATE, {"ws": ws, "connection": changed.id, "now": tx.now, **values})


def clear_default(tx: WriteTx, ws: WorkspaceId, but: ConnectionId) -> None:
    """Nothing but `but` may be the default; before it becomes so."""
    tx.execute(_CLEAR_DEFAULT, {"ws": ws, "connection": but, "now": tx.now})


def delete(tx: WriteTx, ws: WorkspaceId, connection: ConnectionId) -> None:
    tx.execute(_DELETE, {"ws": ws, "connection": connection})


def list_sealed(tx: WriteTx, after: str, take: int) -> list[tuple[ConnectionId, WorkspaceId, str]]:
    """Sealed keys of every workspace, locked."""
    return [tuple(row) for row in tx.execute(_LIST_SEALED, {"after": after, "take": take})]


def reseal(tx: WriteTx, ws: WorkspaceId, connection: ConnectionId, sealed: str) -> None:
    """The same key under another seal: nothing a caller sees has changed, so the version stays."""
    tx.execute(_RESEAL, {"ws": ws, "connection": connection, "sealed": sealed})


def _values(found: ProviderConnection) -> dict[str, object]:
    fields = found.fields
    return {
        "name": fields.name,
        "provider": fields.provider.value,
        "base_url": fields.base_url,
        "sealed_key": found.sealed_key,
        "key_hint": found.key_hint,
        "default_model": fields.default_model,
        "family": fields.family,
        "timeouts_json": asdict(fields.timeouts),
        "context_tokens": fields.context_tokens,
        "answer_tokens": fields.answer_tokens,
        "enabled": fields.enabled,
        "is_default": fields.is_default,
    }
