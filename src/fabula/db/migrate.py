"""Bring the schema to `HEAD`: a backup first on SQLite, then the one Alembic chain in one transaction."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from fabula.core.bundle import bundled
from fabula.db.dialect import postgres, sqlite, sqlite_files
from fabula.db.errors import SchemaOutdated
from fabula.db.revision import HEAD

_VERSION = sa.text("SELECT version_num FROM alembic_version")
# Any number of ours: one migration at a time.
_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(7063312)")


def scripts() -> Path:
    """The folder with Alembic's environment and the chain."""
    return bundled("migrations")


def stored_revision(conn: Connection) -> str | None:
    """The revision the database is at; None when it is new."""
    if not sa.inspect(conn).has_table("alembic_version"):
        return None
    found = conn.execute(_VERSION).scalar_one_or_none()
    return None if found is None else str(found)


def inspect_sqlite(path: Path) -> str | None:
    """The revision of a file; None when there is none. Does not make one."""
    if not path.is_file():
        return None
    engine = sqlite.open_engine(path)
    try:
        with engine.connect() as conn:
            return stored_revision(conn)
    finally:
        engine.dispose()


async def inspect_postgres(url: str) -> str | None:
    """The revision of a PostgreSQL database; raises `DatabaseUnavailable`."""
    return await postgres.run_alone(sa.make_url(url), stored_revision)


def upgrade(conn: Connection) -> None:
    """Run the chain on `conn`, inside the transaction that the caller has begun."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts()))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def migrate_sqlite(path: Path) -> bool:
    """Migrate the file if its revision is not `HEAD`; True when something was done."""
    engine = sqlite.open_engine(path)
    try:
        with engine.connect() as conn:
            found = stored_revision(conn)
            if found == HEAD:
                return False
            if found is not None:
                backups = path.parent / "backups"
                sqlite_files.backup(path, backups, f"before-{HEAD}")
                sqlite_files.prune_backups(backups)
            sqlite_files.alone(conn, upgrade)
            return True
    finally:
        engine.dispose()


async def migrate_postgres(url: str) -> bool:
    """Migrate a PostgreSQL database; True when something was done. One migration at a time, by advisory lock."""
    return await postgres.run_alone(sa.make_url(url), _migrate_locked)


def _migrate_locked(conn: Connection) -> bool:
    conn.execute(_ONE_AT_A_TIME)
    outdated = stored_revision(conn) != HEAD
    if outdated:
        upgrade(conn)
    postgres.grant_app_role(conn)
    return outdated


async def verify_postgres(engine: AsyncEngine) -> None:
    """Raise `SchemaOutdated` unless the database is at `HEAD`."""
    async with engine.connect() as conn:
        found = await conn.run_sync(stored_revision)
    if found != HEAD:
        raise SchemaOutdated(found, HEAD)
