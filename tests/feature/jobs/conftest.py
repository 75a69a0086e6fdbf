"""Databases with the job library's tables, and a running `Jobs`."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from fabula.core.actor import Actor
from fabula.core.clock import utc_now
from fabula.core.ids import InstanceId, JobId, uuid7
from fabula.db import Database
from fabula.db.opening import SQLITE_NAME, open_postgres, open_sqlite
from fabula.engine import store
from fabula.engine.bus import Bus
from fabula.engine.jobs import Job, Jobs, JobStatus, Pace, get_job, migrate_jobs
from fabula.features.identity import ensure_local_owner
from tests.conftest import Place, PostgresServer

PACE = Pace(at_once=4, poll_seconds=0.05)


async def open_place(place: Place, bus: Bus | None = None) -> Database:
    publish = (bus or Bus(uuid7())).publish
    if place.url is None:
        return await open_sqlite(place.data, utc_now, publish)
    return await open_postgres(place.url, 4, utc_now, publish)


def where(place: Place) -> Path | str:
    return place.url or place.data / SQLITE_NAME


async def _migrate(place: Place) -> None:
    db = await open_place(place)
    await migrate_jobs(db, where(place))
    await db.close()


@pytest.fixture(scope="session")
def postgres_jobs_template(postgres_server: PostgresServer) -> str:
    name = postgres_server.create()
    asyncio.run(_migrate(Place(Path(), postgres_server.url(name))))
    return name


@pytest.fixture(scope="session")
def sqlite_jobs_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("jobs-template") / SQLITE_NAME
    shutil.copy(sqlite_template, path)
    asyncio.run(_migrate(Place(path.parent, None)))
    return path


@pytest.fixture
def place(lane: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    data = tmp_path / "data"
    data.mkdir()
    if lane == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_jobs_template"), data / SQLITE_NAME)
        yield Place(data, None)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create(template=request.getfixturevalue("postgres_jobs_template"))
    yield Place(data, server.url(name))
    server.drop(name)


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


MakeJobs = Callable[..., Awaitable[Jobs]]


@pytest.fixture
async def make_jobs(db: Database, place: Place) -> AsyncIterator[MakeJobs]:
    """Make a `Jobs` of a living instance, not started; each is stopped at the end."""
    made: list[Jobs] = []

    async def make(*, executes: bool = True, pace: Pace = PACE) -> Jobs:
        instance = InstanceId(uuid7())
        await db.system("heartbeat", store.save_instance, instance, "all", "test", "0")
        made.append(Jobs(db, where(place), instance, executes=executes, pace=pace))
        return made[-1]

    yield make
    for jobs in made:
        await jobs.stop()


async def ended(db: Database, actor: Actor, job: JobId, seconds: float = 30.0) -> Job:
    """The job once it has ended."""
    async with asyncio.timeout(seconds):
        while True:
            found = await db.read(actor, get_job, job)
            if found.status not in {JobStatus.QUEUED, JobStatus.RUNNING}:
                return found
            await asyncio.sleep(0.02)
