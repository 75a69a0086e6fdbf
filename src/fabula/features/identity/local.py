"""Local mode: no account, one owner, one workspace."""

from fabula.core.actor import ROLE_SCOPES, Actor, ActorKind, Role
from fabula.core.ids import UserId, WorkspaceId
from fabula.db import WriteTx
from fabula.features.identity import store

# Fixed ids: every process of one installation, on every start, means the same owner.
LOCAL_WORKSPACE = WorkspaceId("00000000-0000-7000-8000-000000000001")
LOCAL_OWNER = UserId("00000000-0000-7000-8000-000000000002")
_LOCAL_MEMBERSHIP = "00000000-0000-7000-8000-000000000003"


def ensure_local_owner(tx: WriteTx) -> Actor:
    """The local owner, made at first start."""
    if not store.workspace_exists(tx, LOCAL_WORKSPACE):
        store.insert_owner(tx, LOCAL_WORKSPACE, LOCAL_OWNER, _LOCAL_MEMBERSHIP, "You")
    return Actor(LOCAL_WORKSPACE, ActorKind.USER, LOCAL_OWNER, "You", Role.OWNER, ROLE_SCOPES[Role.OWNER])
