"""Many jobs beside other writers, and what is left after `stop`."""

import asyncio
import threading
from pathlib import Path

import pytest
import structlog

from fabula.core.actor import Actor
from fabula.core.ids import InstanceId, JobId, uuid7
from fabula.db import Database, WriteTx
from fabula.engine import store
from fabula.engine.jobs import JobContext, Jobs, JobStatus, Pace, get_job
from fabula.features.identity import ensure_local_owner
from fabula.plugins import Json
from tests.conftest import Place
from tests.feature.jobs.conftest import MakeJobs, ended, open_place, where

FILES = Path("/proc/self/fd")


async def test_a_hundred_jobs_drain_beside_other_writers(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, done = await make_jobs(pace=Pace(at_once=20, poll_seconds=0.05)), list[Json]()

    async def handle(context: JobContext, payload: dict[str, Json]) -> Json:
        done.append(await context.step("note", lambda: payload["n"]))
        return None

    jobs.register("note", handle)

    def write(tx: WriteTx, actor: Actor, n: int) -> None:
        store.save_library_version(tx, "load", str(n))

    async def keep_writing() -> None:
        for n in range(10_000):
            await db.write(actor, write, n)

    with structlog.testing.capture_logs() as logs:
        await jobs.start()
        writing = asyncio.create_task(keep_writing())
        made = await asyncio.gather(*(db.write(actor, jobs.enqueue, "note", {"n": n}) for n in range(100)))
        for job in made:
            assert (await ended(db, actor, job, 30)).status is JobStatus.DONE
        assert not writing.done() or writing.result() is None
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    assert sorted(done, key=str) == sorted(range(100), key=str)
    assert [line for line in logs if line["log_level"] in {"warning", "error"}] == []


def open_files() -> int:
    return len(list(FILES.iterdir()))


@pytest.mark.skipif(not FILES.is_dir(), reason="counts open files by Linux's /proc")
async def test_stopping_leaves_no_thread_task_or_open_file(place: Place) -> None:
    await cycle(place, InstanceId(uuid7()))  # what is loaded once and stays
    await settle_threads()
    threads, files, tasks = set(threading.enumerate()), open_files(), asyncio.all_tasks()
    for _ in range(3):
        await cycle(place, InstanceId(uuid7()))
    await settle_threads()
    left = {thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")}
    assert left - threads == set()
    assert open_files() <= files
    assert asyncio.all_tasks() == tasks


async def settle_threads() -> None:
    """A pool that is told to shut down ends its idle threads a moment later."""
    async with asyncio.timeout(20):
        while any(thread.name.startswith("dbos") for thread in threading.enumerate()):
            await asyncio.sleep(0.05)


async def cycle(place: Place, instance: InstanceId) -> None:
    """Start, run a job to its end, cut another off, stop."""
    db = await open_place(place)
    actor = await db.system("local owner", ensure_local_owner)
    await db.system("heartbeat", store.save_instance, instance, "all", "test", "0")
    jobs, started = Jobs(db, where(place), instance, executes=True, pace=Pace(2, 0.05)), asyncio.Event()

    async def endless(context: JobContext, payload: dict[str, Json]) -> Json:
        if payload["of"] == instance:  # else it is what an earlier cycle cut off
            started.set()
            await asyncio.sleep(3600)
        return None

    async def quick(context: JobContext, payload: dict[str, Json]) -> Json:
        return await context.step("one", lambda: 1)

    jobs.register("endless", endless)
    jobs.register("quick", quick)
    await jobs.start()
    await ended(db, actor, await db.write(actor, jobs.enqueue, "quick", {}))
    job: JobId = await db.write(actor, jobs.enqueue, "endless", {"of": instance})
    await asyncio.wait_for(started.wait(), 10)
    await jobs.stop()
    assert (await db.read(actor, get_job, job)).status is JobStatus.RUNNING
    await db.system("instance", store.delete_instance, instance)
    await db.close()
