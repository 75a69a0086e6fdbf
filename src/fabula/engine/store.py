"""SQL of the engine: operations, instances, leases, jobs."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import InstanceId, JobId, OperationId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.dialect import insert_if_absent, upsert
from fabula.engine.job_record import Job, JobProgress, JobRun, JobStatus, NewJob, pack_actor, unpack_actor
from fabula.engine.tables import instances, job_library, jobs, leases, library_runs, operations
from fabula.plugins import Json


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

_ONE_JOB = (jobs.c.workspace_id == _P("ws")) & (jobs.c.id == _P("job"))
_THIS_ATTEMPT = _ONE_JOB & (jobs.c.attempt == _P("nth")) & (jobs.c.status == "running")
_JOB_NAMES = "id workspace_id name status attempt progress_json result_json error_json created_at updated_at"
_JOB = tuple(jobs.c[name] for name in _JOB_NAMES.split())
_RUN = (*_JOB, jobs.c.actor_json, jobs.c.payload_json, jobs.c.starts)
_OPEN = ("queued", "running")
_INSERT_JOB = insert_if_absent(jobs)
_FIND_JOB = sa.select(*_JOB).where(_ONE_JOB)
_LIST_JOBS = (
    sa.select(*_JOB)
    .where((jobs.c.workspace_id == _P("ws")) & (jobs.c.id < _P("before")))
    .where(jobs.c.status.in_(_P("statuses", expanding=True)))
    .order_by(jobs.c.id.desc())
    .limit(_P("most"))
)
_START_JOB = (
    sa.update(jobs)
    .where((jobs.c.id == _P("job")) & (jobs.c.attempt == _P("nth")) & jobs.c.status.in_(_OPEN))
    .values(status="running", starts=jobs.c.starts + 1, updated_at=_P("now"))
    .returning(*_RUN)
)
_PROGRESS_JOB = (
    sa.update(jobs)
    .where(_THIS_ATTEMPT)
    .values(progress_json=_P("progress"), starts=0, updated_at=_P("now"))
    .returning(*_JOB)
)
_SETTLE_JOB = (
    sa.update(jobs)
    .where(_THIS_ATTEMPT)
    .values(status=_P("end"), result_json=_P("result"), error_json=_P("error"), updated_at=_P("now"))
    .returning(*_JOB)
)
_CANCEL_JOB = (
    sa.update(jobs)
    .where(_ONE_JOB & jobs.c.status.in_(_OPEN))
    .values(status="cancelled", updated_at=_P("now"))
    .returning(*_JOB)
)
_RETRY_JOB = (
    sa.update(jobs)
    .where(_ONE_JOB & jobs.c.status.in_(("error", "cancelled")))
    .values(
        status="queued",
        attempt=jobs.c.attempt + 1,
        starts=0,
        progress_json=sa.null(),
        error_json=sa.null(),
        updated_at=_P("now"),
    )
    .returning(*_JOB)
)
_CANCEL_OPEN_JOBS = (
    sa.update(jobs).where(jobs.c.status.in_(_OPEN)).values(status="cancelled", updated_at=_P("now")).returning(*_JOB)
)


def _stranded(runs: sa.Table) -> sa.Select[tuple[str]]:
    return sa.select(runs.c.workflow_uuid).where(
        (runs.c.status == "PENDING")
        & (runs.c.queue_name == _P("queue"))
        & runs.c.executor_id.not_in(sa.select(sa.cast(instances.c.id, sa.Text)))
    )


_LIST_STRANDED = {schema: _stranded(library_runs(schema)) for schema in (None, "dbos")}
_FIND_LIBRARY = sa.select(job_library.c.version).where(job_library.c.name == _P("library"))
_SAVE_LIBRARY = upsert(job_library, ("name",), ("version",))


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


def _job(row: sa.Row[Any]) -> Job:
    progress = None if row.progress_json is None else JobProgress(**row.progress_json)
    end = (row.result_json, row.error_json, row.created_at, row.updated_at)
    ids = (JobId(row.id), WorkspaceId(row.workspace_id))
    return Job(*ids, row.name, JobStatus(row.status), row.attempt, progress, *end)


def _changed_job(tx: WriteTx, statement: sa.Executable, **params: object) -> Job | None:
    row = tx.execute(statement, {**params, "now": tx.now}).one_or_none()
    return None if row is None else _job(row)


def insert_job(tx: WriteTx, ws: WorkspaceId, new: NewJob) -> bool:
    """Store a queued job, attempt 1; False when its id is taken (perhaps by another workspace's job)."""
    row = {
        "id": new.id,
        "workspace_id": ws,
        "name": new.name,
        "payload_json": new.payload,
        "actor_json": pack_actor(new.actor),
        "status": "queued",
        "attempt": 1,
        "starts": 0,
        "operation_id": new.operation,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    return tx.execute(_INSERT_JOB, row).rowcount == 1


def find_job(tx: ReadTx, ws: WorkspaceId, job: JobId) -> Job | None:
    row = tx.execute(_FIND_JOB, {"ws": ws, "job": job}).one_or_none()
    return None if row is None else _job(row)


def list_jobs(tx: ReadTx, ws: WorkspaceId, statuses: Collection[JobStatus], before: str, most: int) -> list[Job]:
    """The newest `most` jobs in one of `statuses` whose ids sort before `before`."""
    params = {"ws": ws, "statuses": [status.value for status in statuses], "before": before, "most": most}
    return [_job(row) for row in tx.execute(_LIST_JOBS, params)]


def start_job(tx: WriteTx, job: JobId, attempt: int) -> JobRun | None:
    """Mark an attempt as running and count the start; None when it is no longer wanted. Crosses workspaces."""
    row = tx.execute(_START_JOB, {"job": job, "nth": attempt, "now": tx.now}).one_or_none()
    if row is None:
        return None
    found = _job(row)
    return JobRun(found, unpack_actor(found.workspace, row.actor_json), row.payload_json, row.starts)


def save_job_progress(tx: WriteTx, ws: WorkspaceId, job: JobId, attempt: int, progress: dict[str, Json]) -> Job | None:
    """None, as below, when this attempt is not running: it was cancelled, or another one runs."""
    return _changed_job(tx, _PROGRESS_JOB, ws=ws, job=job, nth=attempt, progress=progress)


def settle_job(
    tx: WriteTx, ws: WorkspaceId, job: JobId, attempt: int, end: JobStatus, result: Json, error: Json
) -> Job | None:
    return _changed_job(tx, _SETTLE_JOB, ws=ws, job=job, nth=attempt, end=end.value, result=result, error=error)


def cancel_job(tx: WriteTx, ws: WorkspaceId, job: JobId) -> Job | None:
    """None when it is absent or has ended."""
    return _changed_job(tx, _CANCEL_JOB, ws=ws, job=job)


def retry_job(tx: WriteTx, ws: WorkspaceId, job: JobId) -> Job | None:
    """Queue another attempt of a failed or cancelled job; None when there is none such."""
    return _changed_job(tx, _RETRY_JOB, ws=ws, job=job)


def cancel_open_jobs(tx: WriteTx) -> list[Job]:
    """Cancel whatever is queued or running, in every workspace."""
    return [_job(row) for row in tx.execute(_CANCEL_OPEN_JOBS, {"now": tx.now})]


def list_stranded_runs(tx: ReadTx, queue: str, schema: str | None) -> list[str]:
    """The library's ids of runs that a process claimed which no longer lives. `schema` is where its tables are."""
    rows = tx.execute(_LIST_STRANDED[schema], {"queue": queue})
    return [str(row.workflow_uuid) for row in rows]


def find_library_version(tx: ReadTx, name: str) -> str | None:
    """The version of a library whose own tables are in this database; None when it has made none."""
    found = tx.execute(_FIND_LIBRARY, {"library": name}).scalar_one_or_none()
    return None if found is None else str(found)


def save_library_version(tx: WriteTx, name: str, version: str) -> None:
    tx.execute(_SAVE_LIBRARY, {"name": name, "version": version})
