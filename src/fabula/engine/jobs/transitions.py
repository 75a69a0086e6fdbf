"""What happens to a job's row; each is one transaction's work."""

from datetime import timedelta

from fabula.core.actor import Actor, Scope
from fabula.core.errors import NotFound
from fabula.core.ids import InstanceId, JobId, is_uuid
from fabula.db import WriteTx
from fabula.engine import store
from fabula.engine.job_record import Job, JobRun, JobStatus
from fabula.engine.jobs.context import announce, describe
from fabula.engine.jobs.errors import JobEnded, JobGaveUp, JobNotRetryable
from fabula.engine.jobs.library import QUEUE
from fabula.plugins import Json

# Starts without any progress in between. A job that kills its process (memory, a crash in C) would else do so for ever.
MAX_STARTS = 10
REAP_LEASE = "jobs-reaper"
REAP_LEASE_SECONDS = 5.0
PURGE_BATCH = 100


def begin(tx: WriteTx, job: JobId, attempt: int) -> JobRun | None:
    run = store.start_job(tx, job, attempt)
    if run is None:
        return None
    if run.starts > MAX_STARTS:
        settle(tx, run.actor, run.job, JobStatus.ERROR, None, describe(JobGaveUp(run.starts - 1)))
        return None
    announce(tx, run.job)
    return run


def settle(tx: WriteTx, actor: Actor, job: Job, end: JobStatus, result: Json, error: Json) -> None:
    settled = store.settle_job(tx, actor.workspace, job.id, job.attempt, end, result, error)
    if settled is not None:
        announce(tx, settled)


def cancel(tx: WriteTx, actor: Actor, job_id: JobId) -> Job:
    actor.require(Scope.JOB_WRITE)
    job = store.cancel_job(tx, actor.workspace, job_id) if is_uuid(job_id) else None
    if job is not None:
        announce(tx, job)
        return job
    found = _existing(tx, actor, job_id)
    if found.status is not JobStatus.CANCELLED:
        raise JobEnded(found.id, found.status.value)
    return found


def retry(tx: WriteTx, actor: Actor, job_id: JobId) -> Job:
    actor.require(Scope.JOB_WRITE)
    job = store.retry_job(tx, actor.workspace, job_id) if is_uuid(job_id) else None
    if job is None:
        raise JobNotRetryable(job_id, _existing(tx, actor, job_id).status.value)
    announce(tx, job)
    return job


def _existing(tx: WriteTx, actor: Actor, job_id: JobId) -> Job:
    found = store.find_job(tx, actor.workspace, job_id) if is_uuid(job_id) else None
    if found is None:
        raise NotFound(job_id)
    return found


def list_old(tx: WriteTx, days: float) -> list[tuple[JobId, int]]:
    """A batch of what ended more than `days` ago, each with the number of its last attempt."""
    return store.list_ended_jobs(tx, tx.now - timedelta(days=days), PURGE_BATCH)


def delete_old(tx: WriteTx, jobs: list[JobId], days: float) -> None:
    store.delete_ended_jobs(tx, jobs, tx.now - timedelta(days=days))


def claim_stranded(tx: WriteTx, instance: InstanceId, schema: str | None) -> list[str]:
    """The runs to hand back, if it is this process's turn: handing back looks at no owner, so two must not do it.

    Without a schema this is SQLite, where the process is alone: a lease would be one that its predecessor died with,
    and nobody would ask again when that has run out.
    """
    runs = store.list_stranded_runs(tx, QUEUE, schema)
    is_mine = schema is None or (bool(runs) and store.take_lease(tx, REAP_LEASE, instance, REAP_LEASE_SECONDS))
    return runs if is_mine else []
