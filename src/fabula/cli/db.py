"""`fabula db`: migrate, verify, back up, restore."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fabula.config import Settings, load_settings
from fabula.core.errors import AppError, Kind

if TYPE_CHECKING:
    from fabula.engine.jobs import Job

app = typer.Typer(help="The database: migrate, verify, back up, restore.", no_args_is_help=True)
Data = Annotated[Path | None, typer.Option(help="Data folder.")]


class OnlySqlite(AppError):
    kind, code = Kind.UNSUPPORTED, "cli.only_sqlite"
    instead: str

    @property
    def message(self) -> str:
        return f"this is for the embedded database; for PostgreSQL use {self.instead}"


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database to this version; on SQLite after a backup. Harmless when it is there."""
    from fabula.db.lock import DataFolderLock
    from fabula.db.migrate import migrate_sqlite
    from fabula.db.opening import SQLITE_NAME
    from fabula.db.revision import HEAD

    settings = load_settings(data=data)
    url = settings.sql_url()
    if url is not None:
        changed = asyncio.run(migrate_all(url))
    else:
        lock = DataFolderLock(settings.data)
        changed = migrate_sqlite(settings.data / SQLITE_NAME)
        lock.release()
    print(f"migrated to {HEAD}" if changed else f"nothing to do: the database is at {HEAD}")


async def migrate_all(url: str) -> bool:
    """Ours, then the job library's, then the grants on both."""
    from fabula.core.clock import utc_now
    from fabula.db.migrate import migrate_postgres
    from fabula.db.opening import open_postgres
    from fabula.engine.jobs import migrate_jobs

    ours = await migrate_postgres(url)
    db = await open_postgres(url, 1, utc_now, lambda _: None)
    try:
        return await migrate_jobs(db, url) or ours
    finally:
        await db.close()


@app.command()
def verify(data: Data = None) -> None:
    """Check revision and integrity; exit code 1 when something is wrong."""
    from fabula.db.dialect.sqlite_files import check
    from fabula.db.migrate import inspect_postgres, inspect_sqlite
    from fabula.db.opening import SQLITE_NAME
    from fabula.db.revision import HEAD

    settings = load_settings(data=data)
    url = settings.sql_url()
    path = settings.data / SQLITE_NAME
    found = asyncio.run(inspect_postgres(url)) if url else inspect_sqlite(path)
    problems = [] if url or found is None else check(path)
    if found != HEAD:
        problems.append(f"revision {found}, wanted {HEAD}: run `fabula db migrate`")
    print("\n".join(problems) or f"the database is whole, at revision {HEAD}")
    raise typer.Exit(1 if problems else 0)


@app.command()
def backup(data: Data = None) -> None:
    """Copy the embedded database, also while the server runs; prints the file."""
    from fabula.db.dialect import sqlite_files

    path = _sqlite_path(load_settings(data=data), "pg_dump")
    print(sqlite_files.backup(path, path.parent / "backups", "manual"))


@app.command()
def restore(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], data: Data = None) -> None:
    """Put a backup in place of the embedded database; what was there is kept beside it, revived jobs are cancelled."""
    from fabula.db.dialect import sqlite_files
    from fabula.db.lock import DataFolderLock

    settings = load_settings(data=data)
    path = _sqlite_path(settings, "pg_restore")
    lock = DataFolderLock(settings.data)
    try:
        aside = sqlite_files.put_back(path, file)
        cancelled = asyncio.run(_cancel_revived_jobs(settings.data))
    finally:
        lock.release()
    print(f"restored {file.name}" + (f"; what was there is now {aside.name}" if aside else ""))
    for job in cancelled:
        print(f"cancelled the revived job {job.id} ({job.name})")


async def _cancel_revived_jobs(data: Path) -> "Sequence[Job]":
    """A job that the backup brings back would do again what was done since."""
    from fabula.core.clock import utc_now
    from fabula.db.opening import open_sqlite
    from fabula.engine.jobs import cancel_open_jobs

    db = await open_sqlite(data, utc_now, lambda _: None)
    try:
        return await db.system("restore: cancel revived jobs", cancel_open_jobs)
    finally:
        await db.close()


def _sqlite_path(settings: Settings, instead: str) -> Path:
    from fabula.db.opening import SQLITE_NAME

    if settings.sql_url() is not None:
        raise OnlySqlite(instead)
    return settings.data / SQLITE_NAME
