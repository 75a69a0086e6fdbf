"""`Jobs`: work that must happen once its transaction has committed, whatever dies in between."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
import structlog

from fabula.core.actor import Actor
from fabula.core.errors import AppError, Kind
from fabula.core.ids import InstanceId, JobId, OperationId, uuid7
from fabula.db import Database, WriteTx
from fabula.engine import store
from fabula.engine.job_record import Job, JobRun, JobStatus, NewJob
from fabula.engine.jobs import transitions
from fabula.engine.jobs.context import JobContext, announce, describe
from fabula.engine.jobs.errors import JobIdTaken, JobsNotMigrated, JobsStarting, JobUnknown
from fabula.engine.jobs.library import Library, Pace, run_id, to_json
from fabula.engine.jobs.migrate import LIBRARY
from fabula.plugins import Json

log = structlog.get_logger()
T = TypeVar("T")
# Synchronous ones run in a thread, and cannot do steps.
Handler = Callable[[JobContext, dict[str, Json]], Json] | Callable[[JobContext, dict[str, Json]], Awaitable[Json]]

READY_SECONDS = 15.0


class Jobs:
    """One per process. Register handlers, then `start` once the server listens; `stop` before the database closes.

    The row in `jobs` is the truth about a job; the library decides when and where an attempt runs. `executes` is
    False for a process that only enqueues. `where` is the SQLite file or the PostgreSQL address of `db`.
    """

    def __init__(
        self, db: Database, where: Path | str, instance: InstanceId, *, executes: bool, pace: Pace | None = None
    ) -> None:
        self._db = db
        self._where = where
        self._instance = instance
        self._executes = executes
        self._pace = pace or Pace()
        self._handlers: dict[str, Handler] = {}
        self._library: Library | None = None
        self._ready = asyncio.Event()
        self._changing = asyncio.Lock()
        self._stopping = False
        self._running: dict[str, asyncio.Task[None]] = {}

    def register(self, name: str, handler: Handler) -> None:
        """Name who does the jobs called `name`; before `start`, and in every role, also one that only enqueues."""
        if name in self._handlers:
            raise ValueError(f"two handlers for jobs named {name!r}")
        self._handlers[name] = handler

    async def start(self) -> None:
        """Load the library in a thread, take back what dead processes had claimed, and run what is queued.

        Raises `JobsNotMigrated`. Until it is through, `enqueue` raises `JobsStarting`. Run it as a task and do not
        cancel that: a thread is at work; `stop` waits for it.
        """
        async with self._changing:
            if self._stopping or self._library is not None:
                return
            if await self._db.system("jobs: is the library migrated", store.find_library_version, LIBRARY) is None:
                raise JobsNotMigrated
            library = self._library = await asyncio.to_thread(Library, self._where, self._instance)
            try:
                if self._executes:
                    home = asyncio.get_running_loop()
                    await asyncio.to_thread(library.launch, self._perform, home, self._pace)
            except BaseException:
                self._library = None
                await asyncio.to_thread(library.close)
                raise
            self._ready.set()
        await self.reap()

    async def ready(self) -> None:
        """Wait until `enqueue` works; an edge awaits this before the transaction that enqueues."""
        try:
            await asyncio.wait_for(self._ready.wait(), READY_SECONDS)
        except TimeoutError as error:
            raise JobsStarting from error

    async def stop(self) -> None:
        """Cut off what runs (another process, or the next start, takes it up) and release threads and connections."""
        self._stopping = True
        async with self._changing:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            library, self._library = self._library, None
            self._ready.clear()
            if library is not None:
                await asyncio.to_thread(library.close)

    def enqueue(
        self,
        tx: WriteTx,
        actor: Actor,
        name: str,
        payload: Mapping[str, Json],
        *,
        job_id: JobId | None = None,
        operation_id: OperationId | None = None,
    ) -> JobId:
        """Make a job that exists if and only if `tx` commits; the caller has checked that `actor` may ask for it.

        With a `job_id` of the caller's making (a UUID) the second call changes nothing. Raises `JobsStarting`,
        `JobUnknown`, and `JobIdTaken` when the id is another job's.
        """
        if name not in self._handlers:
            raise JobUnknown(name)
        library = self._loaded()
        new = NewJob(job_id or JobId(uuid7()), name, payload, actor, operation_id)
        inserted = store.insert_job(tx, actor.workspace, new)
        job = store.find_job(tx, actor.workspace, new.id)
        if job is None or job.name != name:
            raise JobIdTaken(new.id)
        if inserted:
            library.enqueue(tx.conn, job.id, job.attempt)
            announce(tx, job)
        return job.id

    def retry(self, tx: WriteTx, actor: Actor, job_id: JobId) -> Job:
        """Queue a failed or cancelled job again, from its first step; raises `NotFound`, `JobNotRetryable`."""
        library = self._loaded()
        job = transitions.retry(tx, actor, job_id)
        library.enqueue(tx.conn, job.id, job.attempt)
        return job

    async def cancel(self, actor: Actor, job_id: JobId) -> Job:
        """End a queued or running job; raises `NotFound`, `JobEnded`. Cancelling twice is cancelling once.

        A job that runs here stops at its next await, one in another process at its next step or progress.
        """
        job = await self._db.write(actor, transitions.cancel, job_id)
        run = run_id(job.id, job.attempt)
        if run in self._running:
            self._running[run].cancel()
        if self._library is not None:
            try:
                await asyncio.to_thread(self._library.cancel, job.id, job.attempt)
            except sa.exc.SQLAlchemyError:
                # The row says cancelled, which the attempt sees when it starts or reports; only the queue is longer.
                log.warning("job.cancelled_in_row_only", job=job.id)
        return job

    async def reap(self) -> None:
        """Hand back what processes had claimed that no longer live; register with `Instance.on_death`.

        Before `start` it does nothing: the library is not loaded for it, and `start` reaps.
        """
        if self._library is None or self._stopping:
            return
        schema = "dbos" if isinstance(self._where, str) else None
        runs = await self._db.system("reaper: jobs", transitions.claim_stranded, self._instance, schema)
        if not runs:
            return
        try:
            await asyncio.to_thread(self._library.hand_back, runs)
        except sa.exc.SQLAlchemyError as error:
            # The database is away; they are still claimed by the dead, and the next beat asks again.
            log.warning("jobs.hand_back_failed", error=type(error).__name__)
        else:
            log.info("jobs.handed_back", count=len(runs))

    async def purge(self, days: float) -> None:
        """Forget, in small batches, what ended more than `days` ago; before `start` it does nothing.

        The library's side first: cut off in between, the rows are found again.
        """
        while self._library is not None and not self._stopping:
            old = await self._db.system("purge jobs: list", transitions.list_old, days)
            if not old:
                return
            runs = [run_id(job, nth) for job, last in old for nth in range(1, last + 1)]
            try:
                await asyncio.to_thread(self._library.forget, runs)
            except sa.exc.SQLAlchemyError as error:
                log.warning("jobs.purge_failed", error=type(error).__name__)  # the database is away: the next round
                return
            await self._db.system("purge jobs: delete", transitions.delete_old, [job for job, _ in old], days)

    def _loaded(self) -> Library:
        if self._library is None:
            raise JobsStarting
        return self._library

    async def _perform(self, job: JobId, attempt: int) -> None:
        """One start of one attempt; the library calls it, and takes a normal return for the end of the run."""
        if self._stopping:
            raise asyncio.CancelledError("the process is stopping")
        run, task = run_id(job, attempt), asyncio.current_task()
        assert task is not None
        self._running[run] = task
        try:
            await self._run(job, attempt)
        finally:
            self._running.pop(run, None)

    async def _run(self, job: JobId, attempt: int) -> None:
        run = await _insist(lambda: self._db.system("job: start", transitions.begin, job, attempt))
        if run is None:
            return
        end, result, error = await self._outcome(run)
        await _insist(lambda: self._db.write(run.actor, transitions.settle, run.job, end, result, error))

    async def _outcome(self, run: JobRun) -> tuple[JobStatus, Json, Json]:
        try:
            result = await self._handle(run)
            to_json(result)
        except Exception as error:  # edge: whatever a handler raises is its job's outcome
            if not isinstance(error, AppError):
                log.exception("job.crashed", job=run.job.id, name=run.job.name)
            return JobStatus.ERROR, None, describe(error)
        return JobStatus.DONE, result, None

    async def _handle(self, run: JobRun) -> Json:
        handler = self._handlers.get(run.job.name)
        if handler is None:
            raise JobUnknown(run.job.name)
        context = JobContext(self._db, self._loaded(), run)

        def call() -> "Json | Awaitable[Json]":
            return handler(context, run.payload)

        found = call() if inspect.iscoroutinefunction(handler) else await asyncio.to_thread(call)
        result: Json = await found if inspect.isawaitable(found) else found
        return result


async def _insist(write: Callable[[], Awaitable[T]]) -> T:
    """Try until the database answers: a job whose end is not written would be shown as running for ever."""
    while True:
        try:
            return await write()
        except AppError as error:
            if error.kind is not Kind.UNAVAILABLE:
                raise
            log.warning("job.database_away", code=error.code)
            await asyncio.sleep(error.retry_after or 1.0)
