"""Jobs as their workspace sees them."""

from collections.abc import Mapping

from fabula.core.actor import Actor, Scope
from fabula.core.errors import NotFound
from fabula.core.ids import JobId, is_uuid
from fabula.core.paging import DEFAULT_LIMIT, Page, decode_id, page_of
from fabula.db import ReadTx, WriteTx
from fabula.engine import store
from fabula.engine.job_record import Job, JobStatus
from fabula.plugins import Json

_AFTER_ALL = "ffffffff-ffff-ffff-ffff-ffffffffffff"


def get_job(tx: ReadTx, actor: Actor, job: JobId) -> Job:
    """Raises `NotFound`, also for another workspace's job."""
    actor.require(Scope.JOB_READ)
    found = store.find_job(tx, actor.workspace, job) if is_uuid(job) else None
    if found is None:
        raise NotFound(job)
    return found


def find_open_job(tx: ReadTx, actor: Actor, name: str, payload: Mapping[str, Json]) -> Job | None:
    """A job of that name and exactly that payload which has not ended; for work that nobody needs twice at once."""
    actor.require(Scope.JOB_READ)
    return store.find_open_job(tx, actor.workspace, name, payload)


def list_jobs(
    tx: ReadTx,
    actor: Actor,
    *,
    status: JobStatus | None = None,
    name: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Job]:
    """The workspace's jobs, newest first; of one status or name, if given."""
    actor.require(Scope.JOB_READ)
    before = _AFTER_ALL if cursor is None else decode_id(cursor)
    return page_of(store.list_jobs(tx, actor.workspace, status, name, before, limit + 1), limit)


def cancel_open_jobs(tx: WriteTx) -> list[Job]:
    """Cancel every queued or running job of every workspace, while nothing runs: a restored backup revives them."""
    return store.cancel_open_jobs(tx)
