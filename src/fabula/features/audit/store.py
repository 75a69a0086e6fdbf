"""SQL of the audit log."""

from collections.abc import Sequence

import sqlalchemy as sa

from fabula.core.actor import Actor
from fabula.core.ids import uuid7
from fabula.db import WriteTx
from fabula.features.audit.tables import audit_log
from fabula.plugins import Json

_INSERT = sa.insert(audit_log)


def insert_records(
    tx: WriteTx,
    actor: Actor,
    action: str,
    object_type: str,
    changes: Sequence[tuple[str | None, dict[str, Json] | None, dict[str, Json] | None]],
) -> None:
    """Insert a row for each change: its object's id, what was before and what is after."""
    if changes:
        rows = [
            {
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
            for object_id, before, after in changes
        ]
        tx.execute(_INSERT, rows)
