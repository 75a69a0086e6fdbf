"""SQL of identity."""

import sqlalchemy as sa

from fabula.core.ids import UserId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.dialect import insert_if_absent
from fabula.features.identity.tables import memberships, users, workspaces

_FIND_WORKSPACE = sa.select(workspaces.c.id).where(workspaces.c.id == sa.bindparam("ws"))
_INSERT_WORKSPACE = insert_if_absent(workspaces)
_INSERT_USER = insert_if_absent(users)
_INSERT_MEMBERSHIP = insert_if_absent(memberships)


def workspace_exists(tx: ReadTx, ws: WorkspaceId) -> bool:
    return tx.execute(_FIND_WORKSPACE, {"ws": ws}).one_or_none() is not None


def insert_owner(tx: WriteTx, ws: WorkspaceId, user: UserId, membership: str, name: str) -> None:
    """Make a workspace and its owner; harmless when they are there."""
    times = {"created_at": tx.now, "updated_at": tx.now}
    tx.execute(_INSERT_WORKSPACE, {"id": ws, "name": name, **times})
    tx.execute(_INSERT_USER, {"id": user, "name": name, **times})
    tx.execute(_INSERT_MEMBERSHIP, {"id": membership, "workspace_id": ws, "user_id": user, "role": "owner", **times})
