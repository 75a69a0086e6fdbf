"""DBOS, which keeps the queue and the finished steps. Nothing else here knows it.

It is loaded in a thread (half a second, 18 MB) and runs an event loop and threads of its own; what we give it runs on
our loop. It holds a run's id and the results of its steps as JSON, never a pickle.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
import structlog

from fabula.core.ids import InstanceId, JobId
from fabula.db.dialect.second_writer import close_second_writer, open_second_writer
from fabula.engine.jobs.errors import JobsNotMigrated

T = TypeVar("T")
log = structlog.get_logger()

QUEUE = "fabula"
WORKFLOW = "fabula.job"
# Part of every stored run: a run is taken up only under the version it was made with, so this never changes.
VERSION = "1"
_QUEUE_SECONDS = 5.0  # a queue that is taking a job out may finish that
LISTENER_SECONDS = 0.2  # the library's listener sleeps this long, and `close` waits for it
Perform = Callable[[JobId, int], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How many jobs this process runs at once, and how often it looks for new ones."""

    at_once: int = 2
    poll_seconds: float = 0.2


def run_id(job: JobId, attempt: int) -> str:
    """The library's id of one attempt: each attempt is a run of its own, enqueued with the change that asks for it."""
    return f"{job}:{attempt}"


def _on(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[None, None, T]) -> "asyncio.Future[T]":
    """Run on another thread's loop; awaiting here. Cancelling either side cancels both. Context variables go along."""
    future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, loop)
    return asyncio.wrap_future(future)


class Library:
    """The loaded library; construct, launch and close it in a thread. One of them at a time may be launched."""

    def __init__(self, where: Path | str, executor: InstanceId) -> None:
        from dbos import DBOSClient
        from dbos._serialization import DBOSPortableJSON

        _log_through_structlog()
        self._engine: sa.Engine = open_second_writer(where)
        self._executor = executor
        self._serializer = DBOSPortableJSON
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client = DBOSClient(
            system_database_engine=self._engine,
            serializer=self._serializer,
            application_name=QUEUE,
            lazy=True,
            retry_connection_errors=False,
        )
        self._is_launched = False

    def enqueue(self, conn: sa.Connection, job: JobId, attempt: int) -> None:
        """Queue an attempt inside the caller's transaction."""
        before = conn.get_execution_options().get("schema_translate_map")
        self._client.enqueue_in_transaction(
            conn,
            {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUE,
                "workflow_id": run_id(job, attempt),
                "app_version": VERSION,
            },
            job,
            attempt,
        )
        # It leaves an option on the connection that would make every later statement of ours be rewritten.
        conn.execution_options(schema_translate_map=before)

    def launch(self, perform: Perform, home: asyncio.AbstractEventLoop, pace: Pace) -> None:
        """Take up queued runs: each calls `perform(job, attempt)` on the loop `home`."""
        from dbos import DBOS
        from dbos._error import DBOSInitializationError

        async def run_job(job: str, attempt: int) -> None:
            self._loop = asyncio.get_running_loop()
            await _on(home, perform(JobId(job), attempt))

        DBOS(
            config={
                "name": QUEUE,
                "system_database_engine": self._engine,
                "serializer": self._serializer,
                "application_version": VERSION,
                "executor_id": self._executor,
                "run_migrations": False,
                "log_level": "WARNING",
                "notification_listener_polling_interval_sec": LISTENER_SECONDS,
            }
        )
        self._is_launched = True
        # Our own count of starts is the limit; see MAX_STARTS.
        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(run_job)
        try:
            # Before the launch: a queue that appears later is first polled a second later.
            self._client.register_queue(QUEUE, worker_concurrency=pace.at_once, polling_interval_sec=pace.poll_seconds)
            DBOS.launch()
        except (DBOSInitializationError, sa.exc.DBAPIError) as error:
            raise JobsNotMigrated from error

    async def step(self, name: str, fn: Callable[[], Awaitable[str]]) -> str:
        """Run `fn` on this loop once for good: a later run of the same attempt gets its stored result."""
        from dbos import DBOS
        from dbos._error import DBOSWorkflowCancelledError, DBOSWorkflowConflictIDError

        home = asyncio.get_running_loop()
        assert self._loop is not None

        async def call() -> str:
            return await fn()

        async def call_at_home() -> str:
            return await _on(home, call())

        try:
            return await _on(self._loop, DBOS.run_step_async({"name": name}, call_at_home))
        except (DBOSWorkflowCancelledError, DBOSWorkflowConflictIDError) as error:
            # Cancelled, or another process has taken this run over: stop as if our task had been cancelled.
            raise asyncio.CancelledError(str(error)) from error

    def cancel(self, job: JobId, attempt: int) -> None:
        self._client.cancel_workflow(run_id(job, attempt))

    def forget(self, runs: list[str]) -> None:
        """Delete runs and the results of their steps; unknown ones are passed over."""
        self._client.delete_workflows(runs)

    def hand_back(self, runs: list[str]) -> None:
        """Queue again what a dead process had claimed. It does not look whose run it is: one caller at a time."""
        for run in runs:
            self._client.resume_workflow(run, queue_name=QUEUE)

    def close(self) -> None:
        """Stop polling, drop what runs (it stays claimed by this executor) and release every connection."""
        if self._is_launched:
            from dbos import DBOS

            _stop_queues()
            DBOS.destroy(destroy_registry=True)
        self._client.destroy()
        close_second_writer(self._engine)


def _stop_queues() -> None:
    """The library stops its loop first and its queues last: what they took in between would be claimed and never begun."""
    from dbos._dbos import _get_dbos_instance

    library = _get_dbos_instance()
    for event in library.background_thread_stop_events:
        event.set()
    for thread in library._background_threads:  # noqa: SLF001 - its only list of them
        # It starts the queues, one thread each, and waits for them: those may be starting at this moment.
        if thread.name.endswith("(queue_thread)"):
            thread.join(_QUEUE_SECONDS)


def make_tables(where: Path | str) -> None:
    """Create or update the library's own tables."""
    from dbos import DBOS

    _log_through_structlog()
    address = where if isinstance(where, str) else f"sqlite:///{where}"
    DBOS.migrate(address)


class _ToStructlog(logging.Handler):
    """Hands warnings of the library to our log."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.module == "_outcome":  # it says that a run was cancelled, which was our doing
            return
        error = record.exc_info[1] if record.exc_info else None
        log.warning("jobs.library", level=record.levelname.lower(), said=record.getMessage(), error=repr(error))


def _log_through_structlog() -> None:
    logger = logging.getLogger("dbos")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    # The library adds a console handler of its own unless it finds one.
    if not any(isinstance(handler, _ToStructlog) for handler in logger.handlers):
        logger.addHandler(_ToStructlog(logging.WARNING))


def to_json(value: object) -> str:
    """JSON in ASCII: a lone surrogate or U+0000, which cards do hold, fits in no database text otherwise."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
