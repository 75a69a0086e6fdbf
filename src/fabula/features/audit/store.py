"""SQL of the audit log."""

import sqlalchemy as sa

from fabula.core.actor import Actor
from fabula.core.ids import uuid7
from fabula.db import WriteTx
from fabula.features.audit.tables import audit_log
from fabula.plugins import Json

_INSERT = sa.insert(audit_log)


def insert_record(
    tx: WriteTx,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: str | None,
    before: dict[str, Json] | None,
    after: dict[str, Json] | None,
) -> None:
    row = {
        "id": uuid7(),
        "workspace_id": actor.workspace,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "action": action,
        "object_type": object_type,
        "object_id": object_id,
        "before": before,
        "after": after,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(_INSERT, row)
