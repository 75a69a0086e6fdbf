"""Step 6 of the turn: one task per process writes the text of all live generations every flush interval."""

import asyncio
import time

import structlog

from fabula.core.errors import AppError
from fabula.core.ids import InstanceId
from fabula.db import Database
from fabula.features import conversations
from fabula.features.generation import store
from fabula.features.generation.live.generations import LiveGeneration, LiveRegistry
from fabula.telemetry import metrics

log = structlog.get_logger()

# A write transaction must stay under 50 ms, also with long texts.
BATCH = 100


class Flusher:
    """Also hears of aborts that another process was asked for (`peers`), since it asks the database anyway."""

    def __init__(self, db: Database, registry: LiveRegistry, owner: InstanceId, seconds: float, *, peers: bool) -> None:
        self._db = db
        self._registry = registry
        self._owner = owner
        self._seconds = seconds
        self._peers = peers
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="fabula-flusher")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            running = self._registry.running()
            if not running:
                continue
            try:
                began = time.perf_counter()
                await self._flush([live for live in running if live.dirty])
                metrics.flush_seconds.observe(time.perf_counter() - began)
                if self._peers:
                    await self._abort(running)
            except AppError as error:
                # The database is away: the text stays in memory and goes with the next flush, or with settle.
                log.warning("flusher.failed", code=error.code)
            except Exception:  # edge: one task flushes for everybody; it must not end by one bad answer
                log.exception("flusher.broken")

    async def _flush(self, dirty: list[LiveGeneration]) -> None:
        for start in range(0, len(dirty), BATCH):
            batch = dirty[start : start + BATCH]
            rows = []
            for live in batch:
                if live.message_id is not None and live.variant_id is not None:
                    rows.append((live.message_id, live.variant_id, live.content, live.reasoning))
                live.dirty = False
            try:
                if rows:
                    await self._db.system("flush", conversations.answer.flush, rows)
            except Exception:
                for live in batch:
                    live.dirty = True
                raise

    async def _abort(self, running: list[LiveGeneration]) -> None:
        asked = set(await self._db.system("aborts", store.ownership.list_aborts, self._owner))
        for live in running:
            if live.id in asked:
                live.abort()
