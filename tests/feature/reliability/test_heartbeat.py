"""A process keeps saying that it lives, whatever its reapers do."""

import asyncio

from fabula.core.ids import InstanceId, uuid7
from fabula.db import Database
from fabula.engine.instances import Instance


async def test_a_broken_reaper_does_not_stop_the_heart(db: Database) -> None:
    instance = Instance(db, InstanceId(uuid7()), "all", alone=False, beat_seconds=0.01, lease_seconds=10)
    calls = 0

    async def reap() -> None:
        nonlocal calls
        calls += 1
        if calls > 1:  # at start it is told to the caller
            raise ValueError("a fault in a reaper")

    instance.on_death(reap)
    await instance.start()
    async with asyncio.timeout(20):
        while calls < 4:
            await asyncio.sleep(0.01)
    await instance.stop()
