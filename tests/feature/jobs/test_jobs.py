"""Durable jobs on both databases, in one process."""

import asyncio
import subprocess
import sys

import pytest

from fabula.core.actor import ROLE_SCOPES, Actor, ActorKind, Role
from fabula.core.errors import Forbidden, InvalidInput, NotFound
from fabula.core.ids import InstanceId, JobId, UserId, WorkspaceId, uuid7
from fabula.core.paging import encode_cursor
from fabula.db import Database, WriteTx
from fabula.engine.bus import Bus
from fabula.engine.jobs import (
    Job,
    JobContext,
    JobEnded,
    JobIdTaken,
    JobNotRetryable,
    Jobs,
    JobsNotMigrated,
    JobsStarting,
    JobStatus,
    JobUnknown,
    StepFailed,
    cancel_open_jobs,
    get_job,
    list_jobs,
    migrate_jobs,
    transitions,
)
from fabula.features.identity.store import insert_owner
from fabula.plugins import Json
from tests.conftest import Place
from tests.feature.jobs.conftest import PACE, MakeJobs, ended, where


class Ran:
    """A handler that notes each payload it got."""

    def __init__(self) -> None:
        self.payloads: list[dict[str, Json]] = []

    async def __call__(self, context: JobContext, payload: dict[str, Json]) -> Json:
        self.payloads.append(payload)
        return {"seen": payload.get("n")}


async def stranger(db: Database) -> Actor:
    def make(tx: WriteTx) -> Actor:
        workspace, user = WorkspaceId(uuid7()), UserId(uuid7())
        insert_owner(tx, workspace, user, uuid7(), "Someone else")
        return Actor(workspace, ActorKind.USER, user, "Else", Role.OWNER, ROLE_SCOPES[Role.OWNER])

    return await db.system("another workspace", make)


async def test_a_committed_job_runs_once_with_its_payload(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, ran = await make_jobs(), Ran()
    jobs.register("note", ran)
    await jobs.start()
    job = await db.write(actor, jobs.enqueue, "note", {"n": 7, "odd": "\ud800\x00"})
    found = await ended(db, actor, job)
    await asyncio.sleep(PACE.poll_seconds * 3)
    assert (found.status, found.result, found.error) == (JobStatus.DONE, {"seen": 7}, None)
    assert ran.payloads == [{"n": 7, "odd": "\ud800\x00"}]


async def test_a_job_of_a_rolled_back_transaction_never_runs(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, ran = await make_jobs(), Ran()
    jobs.register("note", ran)
    await jobs.start()

    def fail(tx: WriteTx, actor: Actor) -> None:
        jobs.enqueue(tx, actor, "note", {"n": 1})
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await db.write(actor, fail)
    after = await db.write(actor, jobs.enqueue, "note", {"n": 2})
    await ended(db, actor, after)
    assert ran.payloads == [{"n": 2}]
    assert [job.id for job in (await db.read(actor, list_jobs)).items] == [after]


async def test_a_synchronous_handler_runs_off_the_loop(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, loop = await make_jobs(), asyncio.get_running_loop()

    def handle(context: JobContext, payload: dict[str, Json]) -> Json:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return context.actor.id

    jobs.register("plain", handle)
    await jobs.start()
    found = await ended(db, actor, await db.write(actor, jobs.enqueue, "plain", {}))
    assert found.result == actor.id
    assert asyncio.get_running_loop() is loop


async def test_the_handler_acts_as_the_one_who_asked(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, seen = await make_jobs(), list[Actor]()

    async def handle(context: JobContext, payload: dict[str, Json]) -> Json:
        seen.append(context.actor)
        return None

    jobs.register("who", handle)
    await jobs.start()
    await ended(db, actor, await db.write(actor, jobs.enqueue, "who", {}))
    assert seen == [actor]


async def test_progress_is_told_to_the_workspace(db: Database, actor: Actor, bus: Bus, make_jobs: MakeJobs) -> None:
    jobs = await make_jobs()

    async def handle(context: JobContext, payload: dict[str, Json]) -> Json:
        for done in range(1, 101):
            await context.progress(done, 100, "cards")
        return None

    jobs.register("count", handle)
    await jobs.start()
    mine = bus.subscribe(actor.workspace, None)
    others = bus.subscribe((await stranger(db)).workspace, None)
    job = await db.write(actor, jobs.enqueue, "count", {})
    await ended(db, actor, job)
    taken = await mine.take()
    assert taken is not None
    events = [item.event for item in taken]
    assert {event.type for event in events} == {"job.progress"}
    told = [(event.data["status"], event.data["done"]) for event in events]
    assert told[:3] == [("queued", None), ("running", None), ("running", 1)]
    assert told[-2:] == [("running", 100), ("done", 100)]
    assert len(told) < 20  # a report for each of a hundred items would be a hundred commits
    assert events[-1].data == {
        "jobId": job,
        "name": "count",
        "status": "done",
        "done": 100,
        "total": 100,
        "note": "cards",
    }
    assert not others.waiting


async def test_a_failed_job_can_be_tried_again(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, attempts = await make_jobs(), list[int]()

    async def handle(context: JobContext, payload: dict[str, Json]) -> Json:
        attempts.append(len(attempts))
        if len(attempts) == 1:
            raise NotFound("the source")
        return "found"

    jobs.register("fetch", handle)
    await jobs.start()
    job = await db.write(actor, jobs.enqueue, "fetch", {})
    failed = await ended(db, actor, job)
    assert failed.status is JobStatus.ERROR
    assert failed.error == {
        "code": "core.not_found",
        "message": "there is nothing here with id 'the source'",
        "details": {"id": "the source"},
    }
    again = await db.write(actor, jobs.retry, job)
    assert (again.status, again.attempt, again.error) == (JobStatus.QUEUED, 2, None)
    assert (await ended(db, actor, job)).result == "found"
    with pytest.raises(JobNotRetryable):
        await db.write(actor, jobs.retry, job)


async def test_an_unexpected_error_keeps_its_words_to_the_log(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs = await make_jobs()

    async def handle(context: JobContext, payload: dict[str, Json]) -> Json:
        raise RuntimeError("secret")

    jobs.register("crash", handle)
    await jobs.start()
    found = await ended(db, actor, await db.write(actor, jobs.enqueue, "crash", {}))
    assert found.status is JobStatus.ERROR
    assert found.error == {"code": "core.internal", "message": "an unexpected RuntimeError", "details": None}


async def test_a_result_that_is_no_json_fails_the_job(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs = await make_jobs()

    async def handle(context: JobContext, payload: dict[str, Json]) -> Json:
        return {1, 2}  # type: ignore[return-value]  # what the test is about

    jobs.register("set", handle)
    await jobs.start()
    found = await ended(db, actor, await db.write(actor, jobs.enqueue, "set", {}))
    assert found.status is JobStatus.ERROR


async def test_a_step_is_tried_again_as_often_as_asked(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, calls = await make_jobs(), list[str]()

    async def flaky() -> Json:
        calls.append("flaky")
        if len(calls) < 2:
            raise OSError("away")
        return len(calls)

    async def hopeless() -> Json:
        raise NotFound("x")

    async def handle(context: JobContext, payload: dict[str, Json]) -> Json:
        tried = await context.step("flaky", flaky, tries=3)
        try:
            await context.step("hopeless", hopeless)
        except StepFailed as error:
            return [tried, error.step, error.cause]
        return None

    jobs.register("steps", handle)
    await jobs.start()
    found = await ended(db, actor, await db.write(actor, jobs.enqueue, "steps", {}))
    assert found.result == [2, "hopeless", "core.not_found"]


async def test_cancelling_stops_a_running_job_and_keeps_a_queued_one_from_starting(
    db: Database, actor: Actor, make_jobs: MakeJobs
) -> None:
    jobs, started, stopped = await make_jobs(pace=type(PACE)(1, 0.05)), asyncio.Event(), asyncio.Event()

    async def endless(context: JobContext, payload: dict[str, Json]) -> Json:
        started.set()
        try:
            await context.step("wait", asyncio.Event().wait)
        finally:
            stopped.set()
        return None

    ran = Ran()
    jobs.register("endless", endless)
    jobs.register("note", ran)
    await jobs.start()
    running = await db.write(actor, jobs.enqueue, "endless", {})
    await asyncio.wait_for(started.wait(), 20)
    queued = await db.write(actor, jobs.enqueue, "note", {"n": 1})
    last = await db.write(actor, jobs.enqueue, "note", {"n": 2})
    assert (await jobs.cancel(actor, queued)).status is JobStatus.CANCELLED
    assert (await jobs.cancel(actor, running)).status is JobStatus.CANCELLED
    assert (await jobs.cancel(actor, running)).status is JobStatus.CANCELLED
    await asyncio.wait_for(stopped.wait(), 20)
    assert (await ended(db, actor, last)).status is JobStatus.DONE
    assert ran.payloads == [{"n": 2}]
    assert (await db.read(actor, get_job, running)).status is JobStatus.CANCELLED
    with pytest.raises(JobEnded):
        await jobs.cancel(actor, last)


async def test_a_cancelled_job_can_be_tried_again(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, ran = await make_jobs(executes=False), Ran()
    jobs.register("note", ran)
    await jobs.start()
    job = await db.write(actor, jobs.enqueue, "note", {"n": 1})
    await jobs.cancel(actor, job)
    await db.write(actor, jobs.retry, job)
    await jobs.stop()
    worker = await make_jobs()
    worker.register("note", ran)
    await worker.start()
    assert (await ended(db, actor, job)).attempt == 2
    assert ran.payloads == [{"n": 1}]


async def test_jobs_a_backup_revives_are_cancelled_and_do_not_run(
    db: Database, actor: Actor, make_jobs: MakeJobs
) -> None:
    before, worker, ran = await make_jobs(executes=False), await make_jobs(), Ran()
    before.register("note", ran)
    worker.register("note", ran)
    await before.start()
    revived = [await db.write(actor, before.enqueue, "note", {"n": n}) for n in range(2)]
    cancelled = await db.system("restore: jobs", cancel_open_jobs)
    assert sorted(job.id for job in cancelled) == revived
    await before.stop()
    await worker.start()
    after = await db.write(actor, worker.enqueue, "note", {"n": 9})
    await ended(db, actor, after)
    assert ran.payloads == [{"n": 9}]
    assert (await db.read(actor, get_job, revived[0])).status is JobStatus.CANCELLED


async def test_a_process_that_does_not_execute_only_enqueues(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    api, worker, ran = await make_jobs(executes=False), await make_jobs(), Ran()
    api.register("note", ran)
    worker.register("note", ran)
    await api.start()
    job = await db.write(actor, api.enqueue, "note", {"n": 1})
    await asyncio.sleep(PACE.poll_seconds * 4)
    assert (await db.read(actor, get_job, job)).status is JobStatus.QUEUED
    await worker.start()
    assert (await ended(db, actor, job)).status is JobStatus.DONE


async def test_another_workspaces_job_is_not_found(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, other = await make_jobs(executes=False), await stranger(db)
    jobs.register("note", Ran())
    await jobs.start()
    job = await db.write(actor, jobs.enqueue, "note", {})
    for absent in (job, JobId(uuid7()), JobId("nonsense")):
        with pytest.raises(NotFound):
            await db.read(other, get_job, absent)
        with pytest.raises(NotFound):
            await db.write(other, jobs.retry, absent)
        with pytest.raises(NotFound):
            await jobs.cancel(other, absent)
    assert (await db.read(other, list_jobs)).items == ()
    assert (await db.read(actor, get_job, job)).status is JobStatus.QUEUED
    with pytest.raises(JobIdTaken):
        await db.write(other, jobs.enqueue, "note", {}, job_id=job)


async def test_a_viewer_reads_and_changes_nothing(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs = await make_jobs(executes=False)
    jobs.register("note", Ran())
    await jobs.start()
    job = await db.write(actor, jobs.enqueue, "note", {})
    viewer = Actor(actor.workspace, ActorKind.USER, uuid7(), "Guest", Role.VIEWER, ROLE_SCOPES[Role.VIEWER])
    assert (await db.read(viewer, get_job, job)).id == job
    with pytest.raises(Forbidden):
        await jobs.cancel(viewer, job)
    with pytest.raises(Forbidden):
        await db.write(viewer, jobs.retry, job)


async def test_the_same_job_id_makes_one_job(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, ran, job = await make_jobs(), Ran(), JobId(uuid7())
    jobs.register("note", ran)
    jobs.register("other", ran)
    await jobs.start()
    made = await asyncio.gather(*(db.write(actor, jobs.enqueue, "note", {"n": n}, job_id=job) for n in range(3)))
    assert made == [job] * 3
    with pytest.raises(JobIdTaken):
        await db.write(actor, jobs.enqueue, "other", {}, job_id=job)
    await ended(db, actor, job)
    await db.write(actor, jobs.enqueue, "note", {"n": 9}, job_id=job)
    await asyncio.sleep(PACE.poll_seconds * 4)
    assert len(ran.payloads) == 1


async def test_jobs_are_listed_newest_first_in_pages(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs = await make_jobs(executes=False)
    jobs.register("note", Ran())
    await jobs.start()
    made = [await db.write(actor, jobs.enqueue, "note", {}) for _ in range(5)]
    await jobs.cancel(actor, made[2])
    listed: list[Job] = []
    cursor = None
    for _ in range(3):
        page = await db.read(actor, list_jobs, cursor=cursor, limit=2)
        listed, cursor = [*listed, *page.items], page.next_cursor
    assert [job.id for job in listed] == made[::-1]
    assert cursor is None
    with pytest.raises(InvalidInput):
        await db.read(actor, list_jobs, cursor=encode_cursor("nonsense"))
    cancelled = await db.read(actor, list_jobs, status=JobStatus.CANCELLED)
    assert [job.id for job in cancelled.items] == [made[2]]


async def test_before_the_start_a_job_is_refused_and_nothing_is_written(
    db: Database, actor: Actor, make_jobs: MakeJobs
) -> None:
    jobs = await make_jobs(executes=False)
    jobs.register("note", Ran())
    with pytest.raises(JobsStarting):
        await db.write(actor, jobs.enqueue, "note", {})
    waiting = asyncio.create_task(jobs.ready())
    await jobs.start()
    await waiting
    with pytest.raises(JobUnknown):
        await db.write(actor, jobs.enqueue, "unheard of", {})
    assert (await db.read(actor, list_jobs)).items == ()


async def test_a_job_that_always_kills_its_process_is_given_up(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs, ran = await make_jobs(executes=False), Ran()
    jobs.register("note", ran)
    await jobs.start()
    job = await db.write(actor, jobs.enqueue, "note", {})
    for _ in range(transitions.MAX_STARTS):
        assert await db.system("job: start", transitions.begin, job, 1) is not None
    await jobs.stop()
    worker = await make_jobs()
    worker.register("note", ran)
    await worker.start()
    found = await ended(db, actor, job)
    assert isinstance(found.error, dict)
    assert found.error["code"] == "jobs.gave_up"
    assert ran.payloads == []


async def test_a_job_no_version_here_knows_ends_with_an_error(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    newer, older = await make_jobs(executes=False), await make_jobs()
    newer.register("future", Ran())
    await newer.start()
    job = await db.write(actor, newer.enqueue, "future", {})
    await older.start()
    found = await ended(db, actor, job)
    assert isinstance(found.error, dict)
    assert found.error["code"] == "jobs.unknown"


async def test_enqueueing_leaves_no_trace_on_our_connection(db: Database, actor: Actor, make_jobs: MakeJobs) -> None:
    jobs = await make_jobs(executes=False)
    jobs.register("note", Ran())
    await jobs.start()

    def options(tx: WriteTx, actor: Actor) -> object:
        jobs.enqueue(tx, actor, "note", {})
        return tx.conn.get_execution_options().get("schema_translate_map")

    assert await db.write(actor, options) is None


async def test_an_installation_without_the_librarys_tables_is_told_what_to_run(
    db: Database, place: Place, make_jobs: MakeJobs
) -> None:
    from fabula.engine.store import save_library_version

    assert await migrate_jobs(db, where(place)) is False
    await db.system("an older library", save_library_version, "dbos", "3.0.0")
    assert await migrate_jobs(db, where(place)) is True
    backups = list((place.data / "backups").glob("*.db"))
    assert len(backups) == (1 if place.url is None else 0)

    def forget(tx: WriteTx) -> None:
        from fabula.engine.tables import job_library

        tx.execute(job_library.delete())

    await db.system("never migrated", forget)
    jobs = await make_jobs()
    with pytest.raises(JobsNotMigrated):
        await jobs.start()


def test_the_library_is_not_loaded_with_the_module() -> None:
    probe = "import sys, fabula.engine.jobs; sys.exit('dbos' in sys.modules or 'psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False, timeout=60).returncode == 0


def test_two_handlers_of_one_name_are_a_mistake(tmp_path: object) -> None:
    jobs = Jobs(None, "", InstanceId(""), executes=False)  # type: ignore[arg-type]  # nothing is opened
    jobs.register("note", Ran())
    with pytest.raises(ValueError, match="two handlers"):
        jobs.register("note", Ran())
