"""Open the database that the settings name, migrated or verified."""

import asyncio
from pathlib import Path

import sqlalchemy as sa

from fabula.core.clock import Clock
from fabula.db.database import Database, Publish
from fabula.db.dialect import postgres, sqlite
from fabula.db.migrate import migrate_sqlite, verify_postgres

SQLITE_NAME = "fabula.db"


async def open_sqlite(data: Path, clock: Clock, publish: Publish) -> Database:
    """Open `fabula.db` in `data`, migrating it first; the caller holds the folder's lock."""
    path = data / SQLITE_NAME
    await asyncio.to_thread(migrate_sqlite, path)
    return Database(sqlite.SqliteBackend(path), clock, publish)


async def open_postgres(url: str, pool_size: int, clock: Clock, publish: Publish) -> Database:
    """Connect to PostgreSQL; raise `SchemaOutdated` with the command to run unless it is at our revision."""
    engine = postgres.open_engine(sa.make_url(url), pool_size, autocommit=True)
    try:
        await verify_postgres(engine)
    except (OSError, sa.exc.DBAPIError) as error:
        await engine.dispose()
        raise postgres.translate(error) from error
    except BaseException:
        await engine.dispose()
        raise
    return Database(postgres.PostgresBackend(engine), clock, publish)
