"""A worker process: runs jobs of three steps and notes each step in a file, until it is killed.

    python worker.py DATA LOG [POSTGRES-ADDRESS]

A step's lines are `instance job step begin` and `… end`. Step two waits for as long as the file LOG.hold exists.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import structlog

from fabula.core.clock import utc_now
from fabula.core.ids import InstanceId, uuid7
from fabula.db.opening import SQLITE_NAME, open_postgres, open_sqlite
from fabula.engine.bus import Bus
from fabula.engine.instances import Instance
from fabula.engine.jobs import JobContext, Jobs, Pace
from fabula.plugins import Json


def note(log: Path, text: str) -> None:
    # One write to a file opened for appending is not torn by another process's.
    fd = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, f"{text}\n".encode())
    os.close(fd)


async def run(data: Path, log: Path, url: str | None) -> None:
    publish = Bus(uuid7()).publish
    db = await (open_sqlite(data, utc_now, publish) if url is None else open_postgres(url, 4, utc_now, publish))
    me = InstanceId(uuid7())
    instance = Instance(db, me, "worker", alone=url is None, beat_seconds=0.2, lease_seconds=2.5)
    jobs = Jobs(db, url or data / SQLITE_NAME, me, executes=True, pace=Pace(2, 0.05))

    async def three(context: JobContext, payload: dict[str, Json]) -> Json:
        async def step(name: str) -> Json:
            note(log, f"{me} {context.job_id} {name} begin")
            while name == "two" and log.with_suffix(".hold").exists():
                await asyncio.sleep(0.01)
            note(log, f"{me} {context.job_id} {name} end")
            return name

        async def one() -> Json:
            return await step("one")

        async def two() -> Json:
            return await step("two")

        async def last() -> Json:
            return await step("three")

        return [await context.step("one", one), await context.step("two", two), await context.step("three", last)]

    jobs.register("three", three)
    instance.on_death(jobs.reap)
    await instance.start()
    await jobs.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await stop.wait()
    await jobs.stop()
    await instance.stop()
    await db.close()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None))
