"""SQL of jobs, and of what we look up in the job library's own tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import JobId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.dialect import insert_if_absent, upsert
from fabula.engine.job_record import Job, JobProgress, JobRun, JobStatus, NewJob, pack_actor, unpack_actor
from fabula.engine.tables import instances, job_library, jobs, library_runs
from fabula.plugins import Json

_P = sa.bindparam
_ONE_JOB = (jobs.c.workspace_id == _P("ws")) & (jobs.c.id == _P("job"))
_THIS_ATTEMPT = _ONE_JOB & (jobs.c.attempt == _P("nth")) & (jobs.c.status == "running")
_JOB_NAMES = "id workspace_id name status attempt progress_json result_json error_json created_at updated_at"
_JOB = tuple(jobs.c[name] for name in _JOB_NAMES.split())
_RUN = (*_JOB, jobs.c.actor_json, jobs.c.payload_json, jobs.c.starts)
_OPEN = ("queued", "running")
_INSERT_JOB = insert_if_absent(jobs)
_FIND_JOB = sa.select(*_JOB).where(_ONE_JOB)
_FIND_OPEN_JOB = (
    sa.select(*_JOB)
    .where((jobs.c.workspace_id == _P("ws")) & (jobs.c.name == _P("job_name")) & jobs.c.status.in_(_OPEN))
    .where(jobs.c.payload_json == _P("payload"))
    .order_by(jobs.c.id)
    .limit(1)
)
_LIST_JOBS = (
    sa.select(*_JOB)
    .where((jobs.c.workspace_id == _P("ws")) & (jobs.c.id < _P("before")))
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


# Across workspaces, without an index: once an hour, and in the order of age, so that the old ones are found first.
_ENDED = jobs.c.status.not_in(_OPEN) & (jobs.c.updated_at < _P("before"))
_LIST_ENDED = sa.select(jobs.c.id, jobs.c.attempt).where(_ENDED).order_by(jobs.c.id).limit(_P("most"))
_DELETE_ENDED = sa.delete(jobs).where(_ENDED & jobs.c.id.in_(_P("jobs", expanding=True)))


def _stranded(runs: sa.Table) -> sa.Select[tuple[str]]:
    return sa.select(runs.c.workflow_uuid).where(
        (runs.c.status == "PENDING")
        & (runs.c.queue_name == _P("queue"))
        & runs.c.executor_id.not_in(sa.select(sa.cast(instances.c.id, sa.Text)))
    )


_LIST_STRANDED = {schema: _stranded(library_runs(schema)) for schema in (None, "dbos")}
_FIND_LIBRARY = sa.select(job_library.c.version).where(job_library.c.name == _P("library"))
_SAVE_LIBRARY = upsert(job_library, ("name",), ("version",))


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


def find_open_job(tx: ReadTx, ws: WorkspaceId, name: str, payload: Mapping[str, Json]) -> Job | None:
    """The oldest queued or running job of that name and payload."""
    row = tx.execute(_FIND_OPEN_JOB, {"ws": ws, "job_name": name, "payload": payload}).one_or_none()
    return None if row is None else _job(row)


def list_jobs(
    tx: ReadTx, ws: WorkspaceId, status: JobStatus | None, name: str | None, before: str, most: int
) -> list[Job]:
    """The newest `most` jobs whose ids sort before `before`; of one status or name, if given."""
    query, params = _LIST_JOBS, {"ws": ws, "before": before, "most": most}
    if status is not None:
        query, params["status"] = query.where(jobs.c.status == _P("status")), status.value
    if name is not None:
        query, params["job_name"] = query.where(jobs.c.name == _P("job_name")), name
    return [_job(row) for row in tx.execute(query, params)]


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


def list_ended_jobs(tx: ReadTx, before: datetime, most: int) -> list[tuple[JobId, int]]:
    """Jobs of every workspace that ended before that, and the number of their last attempts; the oldest first."""
    return [(JobId(row.id), row.attempt) for row in tx.execute(_LIST_ENDED, {"before": before, "most": most})]


def delete_ended_jobs(tx: WriteTx, jobs: Sequence[JobId], before: datetime) -> None:
    """Delete those of `jobs` that ended before that; one that was tried again meanwhile stays."""
    tx.execute(_DELETE_ENDED, {"jobs": jobs, "before": before})


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
