"""SQL of operations."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fabula.core.ids import InstanceId, OperationId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.dialect import insert_if_absent
from fabula.db.hot import hot
from fabula.engine.tables import instances, operations


@dataclass(frozen=True, slots=True)
class OperationRow:
    fingerprint: str
    owner: InstanceId
    state: str
    answer_status: int | None
    answer_body: str | None
    reference: str | None


_P = sa.bindparam
_OPERATION = (operations.c.workspace_id == _P("ws")) & (operations.c.operation_id == _P("op"))
_INSERT_OPERATION = insert_if_absent(operations)
_FIND_OPERATION = sa.select(
    operations.c.fingerprint,
    operations.c.owner,
    operations.c.state,
    operations.c.answer_status,
    operations.c.answer_body,
    operations.c.reference,
).where(_OPERATION)
_FINISH_OPERATION = (
    sa.update(operations)
    .where(_OPERATION)
    .values(
        state="done",
        answer_status=_P("status"),
        answer_body=_P("body"),
        reference=_P("ref"),
        updated_at=_P("now"),
    )
)
_DELETE_OPERATION = sa.delete(operations).where(_OPERATION)
_PURGE_OPERATIONS = sa.delete(operations).where(operations.c.created_at < _P("before"))
_FREE_OPERATIONS = sa.delete(operations).where(
    (operations.c.state == "running") & operations.c.owner.not_in(sa.select(instances.c.id))
)
# What every turn with an operation id runs.
hot(_INSERT_OPERATION, _FIND_OPERATION, _FINISH_OPERATION)


def insert_operation(tx: WriteTx, ws: WorkspaceId, op: OperationId, fingerprint: str, owner: InstanceId) -> bool:
    """Claim an operation id; False when it is taken. On PostgreSQL this waits for a claimer that has not committed."""
    row = {
        "workspace_id": ws,
        "operation_id": op,
        "fingerprint": fingerprint,
        "owner": owner,
        "state": "running",
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    return tx.execute(_INSERT_OPERATION, row).rowcount == 1


def find_operation(tx: ReadTx, ws: WorkspaceId, op: OperationId) -> OperationRow | None:
    row = tx.execute(_FIND_OPERATION, {"ws": ws, "op": op}).one_or_none()
    if row is None:
        return None
    answer = (row.answer_status, row.answer_body, row.reference)
    return OperationRow(row.fingerprint, InstanceId(row.owner), row.state, *answer)


def finish_operation(
    tx: WriteTx, ws: WorkspaceId, op: OperationId, status: int | None, body: str | None, reference: str | None
) -> None:
    params = {"ws": ws, "op": op, "status": status, "body": body, "ref": reference, "now": tx.now}
    tx.execute(_FINISH_OPERATION, params)


def delete_operation(tx: WriteTx, ws: WorkspaceId, op: OperationId) -> None:
    tx.execute(_DELETE_OPERATION, {"ws": ws, "op": op})


def purge_operations(tx: WriteTx, before: datetime) -> int:
    return tx.execute(_PURGE_OPERATIONS, {"before": before}).rowcount


def free_orphaned_operations(tx: WriteTx) -> int:
    """Forget operations that run nowhere: their owner is no living instance."""
    return tx.execute(_FREE_OPERATIONS).rowcount
