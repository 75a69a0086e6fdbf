"""Which processes live. A process beats; what a silent one owned is handed to the reapers that registered."""

import asyncio
import platform
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

import fabula
from fabula.core.errors import AppError
from fabula.core.ids import InstanceId
from fabula.db import Database, WriteTx
from fabula.engine import store

log = structlog.get_logger()

Reaper = Callable[[], Awaitable[None]]


class Instance:
    """This process among its peers; its id is a random UUID per start, so a restart is another process.

    `alone` is the SQLite lane: the folder's lock proves that nobody else lives, so there is nothing to beat for.
    """

    def __init__(
        self, db: Database, instance: InstanceId, role: str, *, alone: bool, beat_seconds: float, lease_seconds: float
    ) -> None:
        self.id = instance
        self._db = db
        self._role = role
        self._alone = alone
        self._beat_seconds = beat_seconds
        self._lease = timedelta(seconds=lease_seconds)
        # In the database's time, the one clock that all processes share.
        self._last_beat: datetime | None = None
        self._judges_from: datetime | None = None
        self._reapers: list[Reaper] = []
        self._task: asyncio.Task[None] | None = None

    def on_death(self, reaper: Reaper) -> None:
        """Run `reaper` at start and after each death; it finds what is owned by no living instance."""
        self._reapers.append(reaper)

    async def start(self) -> None:
        """Declare this process alive and reap what earlier ones left, before anyone is served."""
        await self._beat()
        await self._reap()
        if not self._alone:
            self._task = asyncio.create_task(self._beat_forever(), name="fabula-heartbeat")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._db.system("heartbeat", store.delete_instance, self.id)

    async def _beat(self) -> None:
        self._last_beat, self._judges_from = await self._db.system("heartbeat", self._save)

    def _save(self, tx: WriteTx) -> tuple[datetime, datetime | None]:
        """Say that this process lives, and declare the silent dead: all others if `alone`.

        A process that was silent itself (asleep, or the database away) judges nobody for a lease: its peers may have
        been silent for the same reason, and get the time to beat.
        """
        store.save_instance(tx, self.id, self._role, platform.node(), fabula.__version__)
        now, judges_from = store.database_now(tx), self._judges_from
        if self._alone:
            store.delete_other_instances(tx, self.id)
            return now, None
        if self._last_beat is not None and now - self._last_beat > self._lease:
            judges_from = now + self._lease
        if judges_from is None or now >= judges_from:
            store.delete_silent_instances(tx, self._lease.total_seconds())
        return now, judges_from

    async def _reap(self) -> None:
        await self._db.system("reaper: operations", store.free_orphaned_operations)
        for reaper in self._reapers:
            await reaper()

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(self._beat_seconds)
            try:
                await self._beat()
                # Not only after a death seen here: a peer may have seen it and died before it had reaped.
                await self._reap()
            except AppError as error:
                # The database is away. Peers cannot beat either; the next beat tries again.
                log.warning("instance.beat_failed", code=error.code)
            except Exception:  # edge: a fault in a reaper must not stop the heart, or peers bury a living process
                log.exception("instance.reap_failed")
