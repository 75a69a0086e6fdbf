"""Routes of durable jobs: what runs, how far it is, stop it, try it again."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from fabula.core.ids import JobId
from fabula.engine.jobs import Job, JobProgress, Jobs, JobStatus, get_job, list_jobs
from fabula.http.deps import CallerDep
from fabula.http.params import LIMIT, Cursor, JobIdPath, Limit
from fabula.http.schemas import Instant, Out, PageOut, Text


class ProgressOut(Out):
    done: int
    total: int
    note: str

    @classmethod
    def of(cls, progress: JobProgress) -> "ProgressOut":
        return cls.model_construct(done=progress.done, total=progress.total, note=progress.note)


class JobOut(Out):
    id: JobId
    name: str
    status: str
    progress: ProgressOut | None
    result: Any
    error: Any
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, job: Job) -> "JobOut":
        return cls.model_construct(
            id=job.id,
            name=job.name,
            status=job.status.value,
            progress=None if job.progress is None else ProgressOut.of(job.progress),
            result=job.result,
            error=job.error,
            created_at=job.created_at,
            updated_at=job.updated_at,
        )


def routes(jobs: Jobs) -> APIRouter:
    router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

    @router.get("", summary="List jobs, the newest first")
    async def list_all_jobs(
        call: CallerDep,
        status: Annotated[JobStatus | None, Query()] = None,
        kind: Annotated[Text | None, Query(max_length=200, description="Only jobs of this `name`.")] = None,
        limit: Limit = LIMIT,
        cursor: Cursor = None,
    ) -> PageOut[JobOut]:
        page = await call.read(list_jobs, status=status, name=kind, cursor=cursor, limit=limit)
        return PageOut(items=[JobOut.of(job) for job in page.items], next_cursor=page.next_cursor)

    @router.get("/{jobId}", summary="Get a job")
    async def get_one_job(call: CallerDep, job: JobIdPath) -> JobOut:
        return JobOut.of(await call.read(get_job, job))

    @router.post("/{jobId}/cancel", status_code=202, response_model=JobOut, summary="Stop a job")
    async def cancel_job(call: CallerDep, job: JobIdPath) -> Response:
        if not await call.is_repeat():
            await jobs.cancel(call.actor, job)
        return await call.write(JobOut.of, 202, get_job, job)

    @router.post("/{jobId}/retry", status_code=202, response_model=JobOut, summary="Try a failed job again")
    async def retry_job(call: CallerDep, job: JobIdPath) -> Response:
        await jobs.ready()
        return await call.write(JobOut.of, 202, jobs.retry, job)

    return router
