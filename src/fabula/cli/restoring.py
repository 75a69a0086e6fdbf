"""Put a backup in place of the embedded database."""

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from fabula.db.migrate import check_sqlite


def restore_sqlite(path: Path, backup: Path) -> str:
    """Check `backup`, set what is there aside, copy it in, cancel the jobs it revives; says what was done.

    Raises `sqlite3.DatabaseError` when `backup` is no whole database. The folder's lock is held by the caller.
    """
    problems = check_sqlite(backup)
    if problems:
        raise sqlite3.DatabaseError("; ".join(problems[:3]))
    lines = []
    if path.exists():
        aside = path.with_name(f"{path.stem}-replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}.db")
        _checkpoint(path)
        path.rename(aside)
        lines.append(f"the database that was there is now {aside.name}")
    for rest in ("-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)
    partial = path.with_suffix(".partial")
    shutil.copyfile(backup, partial)
    partial.rename(path)
    lines.append(f"restored {backup.name}")
    return "\n".join(lines)


def _checkpoint(path: Path) -> None:
    conn = sqlite3.connect(path)
    try:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        conn.close()
