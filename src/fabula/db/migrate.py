"""Bring the schema to `HEAD`: a backup first on SQLite, then the one Alembic chain in one transaction."""

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

import fabula
from fabula.core.errors import AppError, Kind
from fabula.db.dialect import postgres, sqlite
from fabula.db.errors import SchemaOutdated
from fabula.db.revision import HEAD

KEEP_BACKUPS = 3
_VERSION = sa.text("SELECT version_num FROM alembic_version")


class NoRoomForBackup(AppError):
    kind, code = Kind.UNAVAILABLE, "db.no_room_for_backup"
    needed: int
    free: int

    @property
    def message(self) -> str:
        return f"a backup before the migration needs {self.needed:,} bytes, {self.free:,} are free; free some space"


class BrokenReferences(AppError):
    kind, code = Kind.INTERNAL, "db.broken_references"
    table: str

    @property
    def message(self) -> str:
        return f"the migration would leave rows of {self.table!r} without what they refer to; nothing was changed"


def scripts() -> Path:
    """Where the migrations are: inside an installed package, or beside `src` in a checkout."""
    package = Path(fabula.__file__).parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parents[1] / "migrations"


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
    engine = postgres.open_engine(sa.make_url(url), pool_size=1)
    try:
        async with engine.connect() as conn:
            return await conn.run_sync(stored_revision)
    except (OSError, TimeoutError, sa.exc.DBAPIError) as error:
        raise postgres.translate(error) from error
    finally:
        await engine.dispose()


def check_sqlite(path: Path) -> list[str]:
    """What is broken in a file, in SQLite's words; empty when nothing is."""
    conn = sqlite3.connect(path)
    try:
        found = [str(row[0]) for row in conn.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return found + [f"{row[0]}: row without its {row[2]}" for row in conn.execute("PRAGMA foreign_key_check")]
    finally:
        conn.close()


def upgrade(conn: Connection) -> None:
    """Run the chain on `conn`, inside the transaction that the caller has begun."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts()))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def backup_sqlite(path: Path, folder: Path, label: str) -> Path:
    """Copy a live database with SQLite's backup API; raise `NoRoomForBackup` before writing if it cannot fit."""
    folder.mkdir(parents=True, exist_ok=True)
    needed, free = path.stat().st_size * 2, shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoomForBackup(needed, free)
    target = folder / f"fabula-{label}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.db"
    partial = target.with_suffix(".partial")
    source, copy = sqlite3.connect(path), sqlite3.connect(partial)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    partial.rename(target)
    return target


def prune_backups(folder: Path, keep: int = KEEP_BACKUPS) -> None:
    """Keep the newest `keep` backups that migrations made."""
    found = sorted(folder.glob("fabula-before-*.db"), key=lambda p: p.name.rsplit("-", 1)[-1])
    for old in found[:-keep]:
        old.unlink()


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
                backup_sqlite(path, backups, f"before-{HEAD}")
                prune_backups(backups)
            _migrate_alone(conn)
            return True
    finally:
        engine.dispose()


def _migrate_alone(conn: Connection) -> None:
    raw = sqlite.raw_connection(conn)
    # A table rebuild drops the old table; with foreign keys on that deletes the children without a word.
    raw.execute("PRAGMA foreign_keys=OFF")
    raw.execute("BEGIN EXCLUSIVE")
    try:
        upgrade(conn)
        broken = raw.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise BrokenReferences(broken[0])
        raw.execute("COMMIT")
    finally:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raw.execute("PRAGMA foreign_keys=ON")


async def migrate_postgres(url: str) -> bool:
    """Migrate a PostgreSQL database; True when something was done. One migration at a time, by advisory lock."""
    engine = postgres.open_engine(sa.make_url(url), pool_size=1)
    try:
        async with engine.begin() as conn:
            return await conn.run_sync(_migrate_locked)
    finally:
        await engine.dispose()


def _migrate_locked(conn: Connection) -> bool:
    conn.execute(sa.text("SELECT pg_advisory_xact_lock(7063312)"))
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
