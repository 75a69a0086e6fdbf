"""Which processes live. A process beats; what a silent one owned is handed to the reapers that registered."""

import asyncio
import platform
from collections.abc import Awaitable, Callable

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
        self._lease_seconds = lease_seconds
        self._reapers: list[Reaper] = []
        self._task: asyncio.Task[None] | None = None

    def on_death(self, reaper: Reaper) -> None:
        """Run `reaper` at start and after each death; it finds what is owned by no living instance."""
        self._reapers.append(reaper)

    async def start(self) -> None:
        """Declare this process alive and reap what earlier ones left, before anyone is served."""
        await self._db.system("heartbeat", self._beat)
        await self._reap()
        if not self._alone:
            self._task = asyncio.create_task(self._beat_forever(), name="fabula-heartbeat")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._db.system("heartbeat", store.delete_instance, self.id)

    def _beat(self, tx: WriteTx) -> int:
        store.save_instance(tx, self.id, self._role, platform.node(), fabula.__version__)
        if self._alone:
            store.delete_other_instances(tx, self.id)
            return 0
        return store.delete_silent_instances(tx, self._lease_seconds)

    async def _reap(self) -> None:
        await self._db.system("reaper: operations", store.free_orphaned_operations)
        for reaper in self._reapers:
            await reaper()

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(self._beat_seconds)
            try:
                await self._db.system("heartbeat", self._beat)
                # Not only after a death seen here: a peer may have seen it and died before it had reaped.
                await self._reap()
            except AppError as error:
                # The database is away. Peers cannot beat either; the next beat tries again.
                log.warning("instance.beat_failed", code=error.code)
