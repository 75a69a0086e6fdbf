"""SQL of the engine: operations, instances, leases."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from fabula.core.ids import InstanceId, OperationId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.dialect import insert_if_absent, upsert
from fabula.engine.tables import instances, leases, operations


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

_DATABASE_NOW = sa.select(sa.func.now(type_=instances.c.heartbeat_at.type))
_SAVE_INSTANCE = upsert(instances, ("id",), ("heartbeat_at",))
_DELETE_INSTANCE = sa.delete(instances).where(instances.c.id == _P("instance"))
_DELETE_OTHERS = sa.delete(instances).where(instances.c.id != _P("instance"))
_DELETE_SILENT = sa.delete(instances).where(instances.c.heartbeat_at < _P("before"))
_LIVING = sa.select(instances.c.id)

_FIND_LEASE = sa.select(leases.c.holder, leases.c.expires_at).where(leases.c.name == _P("lease")).with_for_update()
_INSERT_LEASE = insert_if_absent(leases)
_TAKE_LEASE = sa.update(leases).where(leases.c.name == _P("lease")).values(holder=_P("taker"), expires_at=_P("until"))


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
    return None if row is None else OperationRow(*row)


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


def database_now(tx: ReadTx) -> datetime:
    """The database's clock: the one all processes share."""
    found = tx.execute(_DATABASE_NOW).scalar_one()
    assert isinstance(found, datetime)
    return found


def save_instance(tx: WriteTx, instance: InstanceId, role: str, host: str, version: str) -> None:
    """Insert this process, or renew its heartbeat."""
    now = database_now(tx)
    row = {"id": instance, "role": role, "host": host, "version": version, "started_at": now, "heartbeat_at": now}
    tx.execute(_SAVE_INSTANCE, row)


def delete_instance(tx: WriteTx, instance: InstanceId) -> None:
    tx.execute(_DELETE_INSTANCE, {"instance": instance})


def delete_other_instances(tx: WriteTx, instance: InstanceId) -> None:
    tx.execute(_DELETE_OTHERS, {"instance": instance})


def delete_silent_instances(tx: WriteTx, lease_seconds: float) -> int:
    """Declare dead every process whose heartbeat is older than the lease."""
    before = database_now(tx) - timedelta(seconds=lease_seconds)
    return tx.execute(_DELETE_SILENT, {"before": before}).rowcount


def list_living(tx: ReadTx) -> frozenset[InstanceId]:
    return frozenset(InstanceId(row.id) for row in tx.execute(_LIVING))


def take_lease(tx: WriteTx, name: str, holder: InstanceId, seconds: float) -> bool:
    """Take or renew the lease `name`; False while another living holder has it."""
    now = database_now(tx)
    until = now + timedelta(seconds=seconds)
    if tx.execute(_INSERT_LEASE, {"name": name, "holder": holder, "expires_at": until}).rowcount == 1:
        return True
    found = tx.execute(_FIND_LEASE, {"lease": name}).one()
    if found.holder != holder and found.expires_at > now:
        return False
    tx.execute(_TAKE_LEASE, {"lease": name, "taker": holder, "until": until})
    return True
