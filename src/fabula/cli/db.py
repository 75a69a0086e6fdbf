"""`fabula db`: migrate, verify, back up, restore."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from fabula.config import Settings, load_settings
from fabula.core.errors import AppError, Kind

app = typer.Typer(help="The database: migrate, verify, back up, restore.", no_args_is_help=True)
Data = Annotated[Path | None, typer.Option(help="Data folder.")]


class OnlySqlite(AppError):
    kind, code = Kind.UNSUPPORTED, "cli.only_sqlite"
    instead: str

    @property
    def message(self) -> str:
        return f"this is for the embedded database; for PostgreSQL use {self.instead}"


class NotABackup(AppError):
    kind, code = Kind.INVALID, "cli.not_a_backup"
    file: str

    @property
    def message(self) -> str:
        return f"{self.file!r} is not a whole Fabula database; choose a file that `fabula db backup` made"


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database to this version; on SQLite after a backup. Harmless when it is there."""
    from fabula.db.lock import DataFolderLock
    from fabula.db.migrate import migrate_postgres, migrate_sqlite
    from fabula.db.opening import SQLITE_NAME
    from fabula.db.revision import HEAD

    settings = load_settings(data=data)
    url = settings.sql_url()
    if url is not None:
        changed = asyncio.run(migrate_postgres(url))
    else:
        lock = DataFolderLock(settings.data)
        changed = migrate_sqlite(settings.data / SQLITE_NAME)
        lock.release()
    print(f"migrated to {HEAD}" if changed else f"nothing to do: the database is at {HEAD}")


@app.command()
def verify(data: Data = None) -> None:
    """Check revision and integrity; exit code 1 when something is wrong."""
    from fabula.db.migrate import check_sqlite, inspect_postgres, inspect_sqlite
    from fabula.db.opening import SQLITE_NAME
    from fabula.db.revision import HEAD

    settings = load_settings(data=data)
    url = settings.sql_url()
    path = settings.data / SQLITE_NAME
    found = asyncio.run(inspect_postgres(url)) if url else inspect_sqlite(path)
    problems = [] if url or found is None else check_sqlite(path)
    if found != HEAD:
        problems.append(f"revision {found}, wanted {HEAD}: run `fabula db migrate`")
    print("\n".join(problems) or f"the database is whole, at revision {HEAD}")
    raise typer.Exit(1 if problems else 0)


@app.command()
def backup(data: Data = None) -> None:
    """Copy the embedded database, also while the server runs; prints the file."""
    from fabula.db.migrate import backup_sqlite

    path = _sqlite_path(load_settings(data=data), "pg_dump")
    print(backup_sqlite(path, path.parent / "backups", "manual"))


@app.command()
def restore(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], data: Data = None) -> None:
    """Put a backup in place of the embedded database; what was there is kept beside it. Jobs that it revives are
    cancelled and listed."""
    from fabula.cli.restoring import restore_sqlite
    from fabula.db.lock import DataFolderLock

    settings = load_settings(data=data)
    path = _sqlite_path(settings, "pg_restore")
    lock = DataFolderLock(settings.data)
    try:
        report = restore_sqlite(path, file)
    except sqlite3.DatabaseError as error:
        raise NotABackup(str(file)) from error
    finally:
        lock.release()
    print(report)


def _sqlite_path(settings: Settings, instead: str) -> Path:
    from fabula.db.opening import SQLITE_NAME

    if settings.sql_url() is not None:
        raise OnlySqlite(instead)
    return settings.data / SQLITE_NAME
