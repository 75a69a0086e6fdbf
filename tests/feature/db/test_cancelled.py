"""A write whose caller leaves is whole or not there, and its connection serves the next."""

import asyncio
import random

from fabula.db import Database, ReadTx, WriteTx
from fabula.features.identity import ensure_local_owner
from tests.feature.db.test_hot import add, read, row

SEED, WRITES = 20261120, 150


def add_pair(tx: WriteTx, ws: str, number: int) -> int:
    add(tx, [row(ws, "one", number)])
    add(tx, [row(ws, "two", number)])
    return number


async def test_writes_cancelled_at_any_instant_are_whole_or_not_there(db: Database) -> None:
    ws = (await db.system("local owner", ensure_local_owner)).workspace
    chance = random.Random(SEED)
    done: set[int] = set()

    async def write(number: int) -> None:
        done.add(await db.system("test", add_pair, ws, number))

    for start in range(0, WRITES, 10):  # more at once than a pool has connections
        tasks = [asyncio.create_task(write(number)) for number in range(start, start + 10)]
        for task in tasks:
            # The first leaves before it can have been served, however fast the machine is.
            await asyncio.sleep(0 if task is tasks[0] else chance.random() * 0.004)
            if task is tasks[0] or chance.random() < 0.7:
                task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results), results

    def list_numbers(tx: ReadTx) -> dict[str, list[int]]:
        found = read(tx, ws)
        return {meter: [one.quantity for one in found if one.meter == meter] for meter in ("one", "two")}

    stored = await db.system("test", list_numbers)
    assert stored["one"] == stored["two"]
    assert done <= set(stored["one"])
    assert 0 < len(done) < WRITES
    # Every connection of the pool, and the writer, work on.
    assert sorted(await asyncio.gather(*(db.system("test", add_pair, ws, 1000 + n) for n in range(16)))) == list(
        range(1000, 1016)
    )
