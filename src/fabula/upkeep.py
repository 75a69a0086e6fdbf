"""Housekeeping of the whole house: what is old or left over goes, at start and every hour."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from fabula.core.errors import AppError
from fabula.db import Database
from fabula.engine import operations
from fabula.engine.blobs import FileBlobs
from fabula.engine.jobs import Jobs
from fabula.features.conversations import importing

log = structlog.get_logger()

INTERVAL_SECONDS = 3_600.0
# Another process may be importing right now (PostgreSQL); one that paused for so long is dead.
IDLE_SECONDS = 600.0
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Kept:
    """How long answers to operation ids are kept, and jobs that have ended with what was uploaded for them."""

    operation_hours: float
    job_days: float


async def start_upkeep(
    db: Database, jobs: Jobs, blobs: FileBlobs, kept: Kept, stack: AsyncExitStack, *, alone: bool
) -> None:
    """Remove what an earlier process left unfinished before anyone is served, then keep house until `stack` closes."""
    await _remove_unfinished(db, 0.0 if alone else IDLE_SECONDS)
    task = asyncio.create_task(_keep_house(db, jobs, blobs, kept), name="fabula-upkeep")

    async def stop() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)


async def _keep_house(db: Database, jobs: Jobs, blobs: FileBlobs, kept: Kept) -> None:
    while True:
        try:
            await db.system("purge operations", operations.purge, kept.operation_hours)
            await jobs.purge(kept.job_days)
            # A job may be tried again as long as it is remembered. Jobs that wait do so for less than a day.
            await asyncio.to_thread(blobs.passing.purge, max(kept.job_days, 1.0) * _DAY_SECONDS)
            await _remove_unfinished(db, IDLE_SECONDS)
        except AppError as error:
            log.warning("upkeep.failed", code=error.code)  # the database is away; the next round tries again
        await asyncio.sleep(INTERVAL_SECONDS)


async def _remove_unfinished(db: Database, idle_seconds: float) -> None:
    """In small transactions: a chat may have a hundred thousand messages."""
    while await db.system("remove unfinished imports", importing.remove_unfinished, idle_seconds):
        pass
