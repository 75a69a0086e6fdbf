"""The job library's own tables, made after ours."""

import asyncio
from importlib.metadata import version
from pathlib import Path

from fabula.db import Database, WriteTx
from fabula.db.dialect.postgres import grant_app_role
from fabula.db.dialect.sqlite_files import backup, prune_backups
from fabula.engine import store
from fabula.engine.jobs.library import make_tables

LIBRARY = "dbos"


async def migrate_jobs(db: Database, where: Path | str) -> bool:
    """Bring the library's tables to the installed version; True when something was done.

    Call after our own migrations: `fabula db migrate`, and the embedded start. When the versions agree it costs one
    read, and the library is not loaded. An old SQLite file is backed up first, a new one is not.
    """
    installed = version(LIBRARY)
    recorded = await db.system("jobs: library version", store.find_library_version, LIBRARY)
    if recorded == installed:
        return False
    if isinstance(where, Path) and recorded is not None:
        backups = where.parent / "backups"
        await asyncio.to_thread(backup, where, backups, f"before-{LIBRARY}{installed}")
        await asyncio.to_thread(prune_backups, backups)
    await asyncio.to_thread(make_tables, where)
    await db.system("jobs: library migrated", _record, installed, isinstance(where, str))
    return True


def _record(tx: WriteTx, installed: str, has_roles: bool) -> None:
    if has_roles:
        grant_app_role(tx.conn)
    store.save_library_version(tx, LIBRARY, installed)
