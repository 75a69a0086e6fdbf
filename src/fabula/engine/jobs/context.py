"""What a handler holds while its job runs."""

import asyncio
import inspect
import json
import time
from collections.abc import Awaitable, Callable
from typing import cast

import structlog

from fabula.core.actor import Actor
from fabula.core.errors import AppError
from fabula.core.ids import JobId
from fabula.db import Database, WriteTx
from fabula.engine import store
from fabula.engine.job_record import Job, JobProgress, JobRun
from fabula.engine.jobs.errors import StepFailed
from fabula.engine.jobs.library import Library, to_json
from fabula.plugins import Json

log = structlog.get_logger()
# A handler may report each of ten thousand items; people see no more than this, and each report is a commit.
PROGRESS_SECONDS = 0.25
RETRY_SECONDS = 0.5

StepFunction = Callable[[], Json] | Callable[[], Awaitable[Json]]


def announce(tx: WriteTx, job: Job) -> None:
    """Tell the workspace, once the transaction has committed, where the job stands."""
    shown = job.progress
    tx.emit(
        job.workspace,
        "job.progress",
        jobId=job.id,
        name=job.name,
        status=job.status.value,
        done=shown.done if shown else None,
        total=shown.total if shown else None,
        note=shown.note if shown else None,
    )


class JobContext:
    """The running attempt. Steps are called one after another and in the same order on every run.

    After a crash the handler runs again from its beginning: steps that finished return their stored result, the one
    that was cut off runs once more. Effects therefore belong in steps, and each must do no harm when done twice.
    """

    def __init__(self, db: Database, library: Library, run: JobRun) -> None:
        self._db = db
        self._library = library
        self._run = run
        self._next_report = 0.0

    @property
    def actor(self) -> Actor:
        """Who asked for the job, in its workspace."""
        return self._run.actor

    @property
    def job_id(self) -> JobId:
        return self._run.job.id

    async def step(self, name: str, fn: StepFunction, *, tries: int = 1) -> Json:
        """Do `fn` (asynchronous, or synchronous in a thread) and keep its result, which is JSON.

        Raises `StepFailed` when `fn` has raised `tries` times, with growing pauses; the failure is kept as well.
        """

        async def attempt() -> str:
            return await _attempt(name, fn, tries)

        outcome = json.loads(await self._library.step(name, attempt))
        if "error" in outcome:
            raise StepFailed(name, outcome["error"]["code"], outcome["error"]["message"])
        return cast("Json", outcome["result"])

    async def progress(self, done: int, total: int, note: str = "") -> None:
        """Show how far the job is; written at most four times a second, and always when `done` reaches `total`."""
        now = time.monotonic()
        if now < self._next_report and done < total:
            return
        self._next_report = now + PROGRESS_SECONDS
        if not await self._db.write(self.actor, _report, self._run.job, JobProgress(done, total, note)):
            raise asyncio.CancelledError("the job was cancelled")


def _report(tx: WriteTx, actor: Actor, job: Job, progress: JobProgress) -> bool:
    shown: dict[str, Json] = {"done": progress.done, "total": progress.total, "note": progress.note}
    changed = store.save_job_progress(tx, actor.workspace, job.id, job.attempt, shown)
    if changed is not None:
        announce(tx, changed)
    return changed is not None


async def _attempt(name: str, fn: StepFunction, tries: int) -> str:
    for nth in range(1, tries + 1):
        try:
            return to_json({"result": await _call(fn)})
        # edge: a step may fail with anything, and its failure is kept as its outcome
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("job.step_failed", step=name, nth=nth, tries=tries, error=type(error).__name__)
            if nth == tries:
                return to_json({"error": describe(error)})
        await asyncio.sleep(RETRY_SECONDS * 2 ** (nth - 1))
    raise AssertionError("unreachable")


async def _call(fn: StepFunction) -> Json:
    found = fn() if inspect.iscoroutinefunction(fn) else await asyncio.to_thread(fn)
    result: Json = await found if inspect.isawaitable(found) else found
    return result


def describe(error: Exception) -> dict[str, Json]:
    """An error as people see it: its own words if it is one of ours, else only its type."""
    if isinstance(error, AppError):
        details = cast("Json", json.loads(json.dumps(error.details, default=str)))
        return {"code": error.code, "message": error.message, "details": details}
    return {"code": "core.internal", "message": f"an unexpected {type(error).__name__}", "details": None}
