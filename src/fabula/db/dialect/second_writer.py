"""Connections for a library that writes to our database by itself (the job library)."""

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fabula.db.dialect.sqlite import BUSY_SECONDS, WRITE_LOCK

POOL_SIZE = 4
POOL_OVERFLOW = 12  # for bursts: what is over POOL_SIZE is closed when it comes back
_READS = ("SELECT", "PRAGMA", "EXPLAIN")
# A frozen process must not hold locks in PostgreSQL for ever.
_POSTGRES_OPTIONS = "-c idle_in_transaction_session_timeout=60000"
_PRAGMAS = ("PRAGMA foreign_keys=ON", "PRAGMA synchronous=FULL", f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


class _Cursor(sqlite3.Cursor):
    """Tells its connection before and after each statement."""

    connection: "QueuedConnection"

    def execute(self, sql: str, parameters: Any = (), /) -> "_Cursor":
        self.connection.before(sql)
        try:
            return super().execute(sql, parameters)
        finally:
            self.connection.after()

    def executemany(self, sql: str, parameters: Any, /) -> "_Cursor":
        self.connection.before(sql)
        try:
            return super().executemany(sql, parameters)
        finally:
            self.connection.after()


class QueuedConnection(sqlite3.Connection):
    """Holds `WRITE_LOCK` from the first statement that may write until its transaction has ended.

    So it waits for our writer in memory, where it is woken at once, and not inside SQLite, where it would sleep in
    growing steps. The lock belongs to a thread: a transaction must begin and end in the same one, and must not be
    opened inside one of ours (SQLite would then wait `BUSY_SECONDS` for itself).
    """

    _holds = False

    def before(self, sql: str) -> None:
        if not self._holds and not sql.lstrip()[:8].upper().startswith(_READS):
            WRITE_LOCK.acquire()
            self._holds = True

    def after(self) -> None:
        if self._holds and not self.in_transaction:
            self._holds = False
            WRITE_LOCK.release()

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self.after()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.after()

    def close(self) -> None:
        try:
            super().close()
        finally:
            if self._holds:
                self._holds = False
                WRITE_LOCK.release()


def open_second_writer(where: Path | str) -> sa.Engine:
    """A synchronous engine for a SQLite file (a path) or a PostgreSQL database (its address)."""
    if isinstance(where, str):
        url = sa.make_url(where).set(drivername="postgresql+psycopg")
        arguments: dict[str, Any] = {"application_name": "fabula-jobs", "options": _POSTGRES_OPTIONS}
    else:
        url = sa.URL.create("sqlite", database=str(where))
        arguments = {"factory": QueuedConnection, "check_same_thread": False, "timeout": BUSY_SECONDS}
    engine = sa.create_engine(
        url,
        poolclass=sa.QueuePool,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_pre_ping=isinstance(where, str),
        connect_args=arguments,
    )
    if not isinstance(where, str):
        sa.event.listen(engine, "connect", _begin_immediately)
    return engine


def _begin_immediately(raw: sqlite3.Connection, record: object) -> None:
    # A transaction that began as a reader could not become a writer after another one has written.
    raw.isolation_level = "IMMEDIATE"
    for pragma in _PRAGMAS:
        raw.execute(pragma)


def close_second_writer(engine: sa.Engine) -> None:
    """Close what is idle now, and what is still in use when it comes back."""
    sa.event.listen(engine, "checkin", _close_for_good)
    engine.dispose()


def _close_for_good(raw: object, record: sa.pool.ConnectionPoolEntry) -> None:
    record.invalidate()
