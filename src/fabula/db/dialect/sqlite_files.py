"""SQLite's database as a file: alone for a migration, backed up, checked, put back."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from fabula.core.errors import AppError, Kind
from fabula.db.dialect.sqlite import raw_connection

KEEP_BACKUPS = 3


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


class NotABackup(AppError):
    kind, code = Kind.INVALID, "db.not_a_backup"
    file: str

    @property
    def message(self) -> str:
        return f"{self.file!r} is not a whole Fabula database; choose a file that `fabula db backup` made"


def alone(conn: Connection, change: Callable[[Connection], None]) -> None:
    """Run a migration in one exclusive transaction; raises `BrokenReferences` and changes nothing if it loses rows."""
    raw = raw_connection(conn)
    if not conn.in_transaction():
        conn.begin()  # in name only; Alembic commits what it thinks that nobody has begun
    # A table rebuild drops the old table; with foreign keys on that deletes the children without a word.
    raw.execute("PRAGMA foreign_keys=OFF")
    raw.execute("BEGIN EXCLUSIVE")
    try:
        change(conn)
        broken = raw.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise BrokenReferences(broken[0])
        raw.execute("COMMIT")
    finally:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raw.execute("PRAGMA foreign_keys=ON")


def check(path: Path) -> list[str]:
    """What is broken in a file, in SQLite's words; empty when nothing is."""
    conn = sqlite3.connect(path)
    try:
        found = [str(row[0]) for row in conn.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return found + [f"{row[0]}: row without its {row[2]}" for row in conn.execute("PRAGMA foreign_key_check")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    finally:
        conn.close()


def backup(path: Path, folder: Path, label: str) -> Path:
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


def put_back(path: Path, backup_file: Path) -> Path | None:
    """Put a backup in place of `path`; returns where what was there is now. The folder's lock is held by the caller.

    Raises `NotABackup` before anything is touched.
    """
    if check(backup_file):
        raise NotABackup(str(backup_file))
    partial = path.with_suffix(".partial")
    shutil.copyfile(backup_file, partial)
    aside = None
    if path.exists():
        _checkpoint(path)
        aside = path.with_name(f"{path.stem}-replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}.db")
        path.rename(aside)
    for rest in ("-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)
    partial.rename(path)
    return aside


def _checkpoint(path: Path) -> None:
    """Bring the write-ahead log home, so that the one file is the whole database."""
    conn = sqlite3.connect(path)
    try:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        conn.close()
