"""Jobs and dead, stopped and living processes."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from fabula.core.actor import Actor
from fabula.core.ids import JobId
from fabula.db import Database
from fabula.engine.jobs import JobContext, Jobs, JobStatus, get_job
from fabula.plugins import Json
from tests.conftest import REPO, Place
from tests.feature.jobs.conftest import MakeJobs, ended

Spawn = Callable[[], Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "steps.log"


@pytest.fixture
async def spawn(place: Place, log: Path) -> AsyncIterator[Spawn]:
    """Start a worker process and wait until it takes jobs; all are killed at the end."""
    started: list[asyncio.subprocess.Process] = []

    async def start() -> asyncio.subprocess.Process:
        arguments = [str(place.data), str(log), *([place.url] if place.url else [])]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("worker.py")),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(REPO / "src")},
        )
        started.append(process)
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def only_enqueues(make_jobs: MakeJobs) -> Jobs:
    async def never(context: JobContext, payload: dict[str, Json]) -> Json:
        raise AssertionError("this process only enqueues")

    jobs = await make_jobs(executes=False)
    jobs.register("three", never)
    await jobs.start()
    return jobs


async def make_three(db: Database, actor: Actor, make_jobs: MakeJobs, count: int) -> list[JobId]:
    jobs = await only_enqueues(make_jobs)
    return [await db.write(actor, jobs.enqueue, "three", {}) for _ in range(count)]


async def until_noted(log: Path, text: str) -> None:
    async with asyncio.timeout(30):
        while not (log.exists() and text in log.read_text()):
            await asyncio.sleep(0.01)


def noted(log: Path, job: JobId) -> list[str]:
    """The steps of `job` as they happened, without who did them."""
    lines = (line.split() for line in log.read_text().splitlines())
    return [f"{step} {what}" for _, of, step, what in lines if of == job]


@pytest.mark.slow
async def test_another_process_finishes_what_a_killed_one_had_begun(
    db: Database, actor: Actor, make_jobs: MakeJobs, spawn: Spawn, log: Path
) -> None:
    [job] = await make_three(db, actor, make_jobs, 1)
    hold = log.with_suffix(".hold")
    hold.touch()
    first = await spawn()
    await until_noted(log, f"{job} two begin")
    os.kill(first.pid, signal.SIGKILL)
    await first.wait()
    hold.unlink()
    await spawn()
    found = await ended(db, actor, job)
    assert (found.status, found.result, found.attempt) == (JobStatus.DONE, ["one", "two", "three"], 1)
    assert noted(log, job) == [
        "one begin",
        "one end",
        "two begin",  # cut off
        "two begin",
        "two end",
        "three begin",
        "three end",
    ]


@pytest.mark.slow  # on PostgreSQL it waits for the lease of the reaper that died
async def test_a_job_outlives_one_process_after_another(
    db: Database, actor: Actor, make_jobs: MakeJobs, spawn: Spawn, log: Path
) -> None:
    [job] = await make_three(db, actor, make_jobs, 1)
    hold = log.with_suffix(".hold")
    hold.touch()
    for nth in range(1, 4):
        process = await spawn()
        async with asyncio.timeout(30):
            while not log.exists() or noted(log, job).count("two begin") < nth:
                await asyncio.sleep(0.01)
        process.kill()
        await process.wait()
    hold.unlink()
    await spawn()
    assert (await ended(db, actor, job)).status is JobStatus.DONE
    assert noted(log, job) == ["one begin", "one end", *["two begin"] * 4, "two end", "three begin", "three end"]


async def test_a_job_cancelled_elsewhere_stops_at_its_next_step(
    db: Database, actor: Actor, make_jobs: MakeJobs, spawn: Spawn, log: Path
) -> None:
    jobs = await only_enqueues(make_jobs)
    job = await db.write(actor, jobs.enqueue, "three", {})
    hold = log.with_suffix(".hold")
    hold.touch()
    await spawn()
    await until_noted(log, f"{job} two begin")
    await jobs.cancel(actor, job)
    hold.unlink()
    after = await db.write(actor, jobs.enqueue, "three", {})
    assert (await ended(db, actor, after)).status is JobStatus.DONE
    assert noted(log, job) == ["one begin", "one end", "two begin", "two end"]
    assert (await db.read(actor, get_job, job)).status is JobStatus.CANCELLED


@pytest.mark.slow
async def test_a_stopped_process_leaves_its_jobs_to_the_next(
    db: Database, actor: Actor, make_jobs: MakeJobs, spawn: Spawn, log: Path
) -> None:
    [job] = await make_three(db, actor, make_jobs, 1)
    hold = log.with_suffix(".hold")
    hold.touch()
    first = await spawn()
    await until_noted(log, f"{job} two begin")
    first.terminate()
    assert await asyncio.wait_for(first.wait(), 30) == 0
    hold.unlink()
    await spawn()
    assert (await ended(db, actor, job)).status is JobStatus.DONE
    assert Counter(noted(log, job)) == Counter(
        {"one begin": 1, "one end": 1, "two begin": 2, "two end": 1, "three begin": 1, "three end": 1}
    )


@pytest.mark.parametrize("lane", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_living_processes_leave_each_others_jobs_alone(
    db: Database, actor: Actor, make_jobs: MakeJobs, spawn: Spawn, log: Path
) -> None:
    made = await make_three(db, actor, make_jobs, 12)
    hold = log.with_suffix(".hold")
    hold.touch()
    await asyncio.gather(spawn(), spawn())
    for _ in range(8):  # ten beats of each, while both hold jobs in their second step
        await asyncio.sleep(0.25)
    hold.unlink()
    for job in made:
        assert (await ended(db, actor, job)).status is JobStatus.DONE
        assert Counter(noted(log, job)).most_common(1)[0][1] == 1
    assert len({line.split()[0] for line in log.read_text().splitlines()}) == 2


@pytest.mark.parametrize("lane", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_living_peer_takes_over_from_a_killed_process(
    db: Database, actor: Actor, make_jobs: MakeJobs, spawn: Spawn, log: Path
) -> None:
    made = await make_three(db, actor, make_jobs, 4)
    hold = log.with_suffix(".hold")
    hold.touch()
    first = await spawn()
    await until_noted(log, "two begin")
    await asyncio.gather(spawn(), spawn())
    first.kill()
    await first.wait()
    hold.unlink()
    for job in made:
        assert (await ended(db, actor, job)).status is JobStatus.DONE
        counts = Counter(noted(log, job))
        assert (counts["one end"], counts["two end"], counts["three end"]) == (1, 1, 1)
