"""SQL of identity."""

from typing import Any

import sqlalchemy as sa

from fabula.core.ids import UserId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.dialect import insert_if_absent
from fabula.features.identity.tables import memberships, users, workspaces
from fabula.features.identity.types import Workspace
from fabula.plugins import Json

_P = sa.bindparam
_THIS = workspaces.c.id == _P("ws")
_FIND_ID = sa.select(workspaces.c.id).where(_THIS)
_GET = sa.select(
    workspaces.c.id,
    workspaces.c.name,
    workspaces.c.settings_json,
    workspaces.c.version,
    workspaces.c.created_at,
    workspaces.c.updated_at,
).where(_THIS)
# Not FOR UPDATE: that would also stop every insert that refers to the workspace.
_HOLD = _GET.with_for_update(key_share=True)
_CHANGE = (
    sa.update(workspaces)
    .where(_THIS)
    .values(name=_P("new_name"), settings_json=_P("settings"), version=workspaces.c.version + 1, updated_at=_P("now"))
)
_INSERT_WORKSPACE = insert_if_absent(workspaces)
_INSERT_USER = insert_if_absent(users)
_INSERT_MEMBERSHIP = insert_if_absent(memberships)

# A column for statements of slices above, which have the workspace as `ws`: what it binds, in no statement of its own.
SETTINGS: sa.ScalarSelect[Any] = sa.select(workspaces.c.settings_json).where(_THIS).scalar_subquery()


def workspace_exists(tx: ReadTx, ws: WorkspaceId) -> bool:
    return tx.execute(_FIND_ID, {"ws": ws}).one_or_none() is not None


def get_workspace(tx: ReadTx, ws: WorkspaceId) -> Workspace:
    return _workspace(tx.execute(_GET, {"ws": ws}).one())


def hold_workspace(tx: WriteTx, ws: WorkspaceId) -> Workspace:
    """As `get_workspace`, and nobody else holds or changes it before this transaction ends."""
    return _workspace(tx.execute(_HOLD, {"ws": ws}).one())


def change_workspace(tx: WriteTx, ws: WorkspaceId, name: str, settings: dict[str, Json]) -> None:
    """Store the fields; the version goes up by one."""
    tx.execute(_CHANGE, {"ws": ws, "new_name": name, "settings": settings, "now": tx.now})


def insert_owner(tx: WriteTx, ws: WorkspaceId, user: UserId, membership: str, name: str) -> None:
    """Make a workspace and its owner; harmless when they are there."""
    times = {"created_at": tx.now, "updated_at": tx.now}
    tx.execute(_INSERT_WORKSPACE, {"id": ws, "name": name, "settings_json": {}, "version": 1, **times})
    tx.execute(_INSERT_USER, {"id": user, "name": name, **times})
    tx.execute(_INSERT_MEMBERSHIP, {"id": membership, "workspace_id": ws, "user_id": user, "role": "owner", **times})


def _workspace(row: Any) -> Workspace:
    return Workspace(WorkspaceId(row.id), row.name, row.settings_json, row.version, row.created_at, row.updated_at)
