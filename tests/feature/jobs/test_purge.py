"""Ended jobs are forgotten after their time, on both databases."""

import asyncio

import sqlalchemy as sa

from fabula.core.actor import Actor
from fabula.core.ids import JobId, uuid7
from fabula.db import Database, WriteTx
from fabula.engine import store
from fabula.engine.job_record import NewJob
from fabula.engine.jobs import JobContext, JobStatus, list_jobs, transitions
from fabula.engine.tables import jobs as table
from fabula.plugins import Json
from tests.conftest import Place
from tests.feature.jobs.conftest import MakeJobs, ended


async def remembered(db: Database, actor: Actor) -> set[JobId]:
    return {job.id for job in (await db.read(actor, list_jobs, limit=500)).items}


async def noted(db: Database, place: Place, ended: int) -> None:
    """Wait till the library, which does so after we did, has noted the end of so many runs."""
    schema = "" if place.url is None else "dbos."
    left = f"SELECT count(*) FROM {schema}workflow_status WHERE status IN ('SUCCESS', 'ERROR')"
    async with asyncio.timeout(20):
        while await db.system("test", lambda tx: tx.conn.exec_driver_sql(left).scalar_one()) < ended:
            await asyncio.sleep(0.02)


async def library_rows(db: Database, place: Place) -> dict[str, int]:
    """How many rows the library keeps, by table."""
    schema = "" if place.url is None else "dbos."

    def count(tx: WriteTx) -> dict[str, int]:
        names = ("workflow_status", "operation_outputs")
        return {name: tx.conn.exec_driver_sql(f"SELECT count(*) FROM {schema}{name}").scalar_one() for name in names}

    return await db.system("test", count)


async def test_what_has_ended_goes_with_its_steps_and_what_runs_stays(
    db: Database, actor: Actor, make_jobs: MakeJobs, place: Place
) -> None:
    jobs, release = await make_jobs(), asyncio.Event()

    async def work(context: JobContext, payload: dict[str, Json]) -> Json:
        await context.step("one", lambda: 1)
        if payload.get("fail"):
            raise ValueError("no")
        if payload.get("wait"):
            await release.wait()
        return None

    jobs.register("work", work)
    await jobs.start()
    done = await db.write(actor, jobs.enqueue, "work", {})
    failed = await db.write(actor, jobs.enqueue, "work", {"fail": True})
    await ended(db, actor, failed)
    await db.write(actor, jobs.retry, failed)
    running = await db.write(actor, jobs.enqueue, "work", {"wait": True})
    await ended(db, actor, done)
    assert (await ended(db, actor, failed)).attempt == 2

    await jobs.purge(1.0)
    assert await remembered(db, actor) == {done, failed, running}, "all are younger than a day"
    await noted(db, place, 3)
    await jobs.purge(0.0)
    assert await remembered(db, actor) == {running}
    kept = await library_rows(db, place)
    assert kept == {"workflow_status": 1, "operation_outputs": 1}
    release.set()
    assert (await ended(db, actor, running)).status is JobStatus.DONE


async def test_a_heap_of_old_jobs_goes_in_batches(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs = await make_jobs(executes=False)
    await jobs.start()

    def heap(tx: WriteTx, actor: Actor) -> None:
        for _ in range(transitions.PURGE_BATCH * 2 + 7):
            store.insert_job(tx, actor.workspace, NewJob(JobId(uuid7()), "old", {}, actor, None))
        tx.execute(sa.update(table).where(table.c.workspace_id == actor.workspace).values(status="done"))

    await db.write(actor, heap)
    assert len(await db.system("test", transitions.list_old, 0.0)) == transitions.PURGE_BATCH
    await jobs.purge(0.0)
    assert await remembered(db, actor) == set()
