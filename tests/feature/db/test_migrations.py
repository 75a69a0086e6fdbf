"""Every revision can be left with its data for the newest, on both databases, and the newest is what the tables say."""

import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import fabula.app  # noqa: F401 - brings the tables of all slices
from fabula.db.dialect import postgres, sqlite, sqlite_files
from fabula.db.metadata import metadata
from fabula.db.migrate import migrate_postgres, migrate_sqlite, scripts
from fabula.db.opening import SQLITE_NAME
from fabula.db.revision import HEAD
from tests.conftest import Place, PostgresServer

# What belongs to Alembic, to the index of full text and to the job library.
_OTHERS = ("alembic_version", "search_index", "sqlite_", "workflow_", "operation_outputs")
# Made by the migration alone: the tables know no such index.
_INDEX_OF_TOKENS = "ix_search_documents_tokens"
_NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

Run = Callable[[Callable[[sa.Connection], Any]], Awaitable[Any]]


def revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(scripts()))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def upgrade_to(conn: sa.Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(scripts()))
    config.attributes["connection"] = conn
    command.upgrade(config, revision)


def tables_of(conn: sa.Connection) -> list[sa.Table]:
    """What is there now, parents before children."""
    found = sa.MetaData()
    found.reflect(conn, only=lambda name, _: not name.startswith(_OTHERS))
    return found.sorted_tables


def value_of(column: sa.Column[Any]) -> object:
    """Something that the column takes, whatever it means."""
    kind = column.type
    if isinstance(kind, sa.DateTime):
        return _NOW
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer | sa.Float | sa.Numeric):
        return 1
    if isinstance(kind, sa.Uuid) or (isinstance(kind, sa.String) and kind.length == 36):
        return str(uuid.uuid5(uuid.NAMESPACE_OID, column.name))
    if column.name.endswith("_json"):
        return "{}"
    return column.name[: getattr(kind, "length", None) or 200]


def fill(conn: sa.Connection) -> dict[str, int]:
    """One row in every table, in every column; how many rows each has then."""
    given: dict[tuple[str, str], object] = {}
    counts = {}
    for table in tables_of(conn):
        row: dict[str, object] = {}
        for column in table.columns:
            key = next(iter(column.foreign_keys), None)
            known = None if key is None else given.get((key.column.table.name, key.column.name))
            if key is None or known is not None:
                row[column.name] = value_of(column) if key is None else known
        names = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        kinds = [sa.bindparam(name, type_=table.c[name].type) for name in row]
        conn.execute(sa.text(f"INSERT INTO {table.name} ({names}) VALUES ({places})").bindparams(*kinds), row)
        given |= {(table.name, name): value for name, value in row.items()}
        counts[table.name] = conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    return counts


def count(conn: sa.Connection) -> dict[str, int]:
    return {
        table.name: conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in tables_of(conn)
    }


@pytest.fixture
def empty(lane: str, tmp_path: Any, request: pytest.FixtureRequest) -> Iterator[Place]:
    """A database without anything in it."""
    if lane == "sqlite":
        yield Place(tmp_path, None)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create(template="template0")
    yield Place(tmp_path, server.url(name))
    server.drop(name)


@pytest.fixture
def run(empty: Place) -> Run:
    """Run something in a transaction as a migration does."""

    async def run_here(change: Callable[[sa.Connection], Any]) -> Any:
        if empty.url is not None:
            return await postgres.run_alone(sa.make_url(empty.url), change)
        found: list[Any] = []
        engine = sqlite.open_engine(empty.data / SQLITE_NAME)
        try:
            with engine.connect() as conn:
                sqlite_files.alone(conn, lambda conn: found.append(change(conn)))
        finally:
            engine.dispose()
        return found[0]

    return run_here


async def migrate(place: Place) -> bool:
    return migrate_sqlite(place.data / SQLITE_NAME) if place.url is None else await migrate_postgres(place.url)


async def test_a_migrated_database_is_what_the_tables_say(empty: Place, run: Run) -> None:
    def differences(conn: sa.Connection) -> list[object]:
        def is_ours(name: str | None, kind: str, *_: object) -> bool:
            return name != _INDEX_OF_TOKENS and (kind != "table" or not (name or "").startswith(_OTHERS))

        context = MigrationContext.configure(conn, opts={"include_name": is_ours, "compare_type": False})
        found: list[object] = compare_metadata(context, metadata)
        return found

    assert await migrate(empty)
    assert await run(differences) == []
    assert not await migrate(empty)


@pytest.mark.parametrize("revision", revisions()[:-1])
async def test_a_database_of_any_revision_comes_to_the_newest_with_its_data(
    empty: Place, run: Run, revision: str
) -> None:
    def begin(conn: sa.Connection) -> dict[str, int]:
        upgrade_to(conn, revision)
        return fill(conn)

    before = await run(begin)
    assert await migrate(empty)
    after = await run(count)
    assert {name: after[name] for name in before} == before
    assert not await migrate(empty)


def test_the_newest_revision_is_the_one_the_server_asks_for() -> None:
    assert revisions()[-1] == HEAD
