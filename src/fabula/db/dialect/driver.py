"""Statements on the driver itself, past SQLAlchemy's connection, in the transaction that is open on it."""

import re
import sqlite3
from collections.abc import Sequence
from typing import Any, cast

import asyncpg
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.util import await_only

Arguments = Sequence[object]
_PLACE = re.compile(r"\$(\d+)")
_ERRORS = (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


def language(dialect: sa.Dialect) -> str:
    """What tells apart the SQL of two databases."""
    return dialect.name


def joins(dialect: sa.Dialect) -> bool:
    """Whether statements that travel together save something: SQLite's do not travel."""
    return dialect.name == "postgresql"


def join(statements: Sequence[tuple[str, int]]) -> str:
    """Writes as one statement of PostgreSQL's; each is given with the number of its arguments."""
    texts, before = list[str](), 0
    for sql, width in statements:
        texts.append(_renumber(sql, before))
        before += width
    *first, last = texts
    return "".join(f"{',' if i else 'WITH'} part{i} AS ({sql}) " for i, sql in enumerate(first)) + last


def _renumber(sql: str, by: int) -> str:
    return _PLACE.sub(lambda found: f"${int(found[1]) + by}", sql)


def run(conn: Connection, sql: str, arguments: Arguments, *, reads: bool) -> tuple[Sequence[Any], int]:
    """Run one statement; its rows, and how many there were or it changed. Raises what `Connection.execute` would."""
    try:
        return (_run_sqlite if conn.dialect.name == "sqlite" else _run_asyncpg)(conn, sql, arguments, reads=reads)
    except _ERRORS as error:
        raise _wrapped(conn, sql, error) from error


def run_many(conn: Connection, sql: str, arguments: Sequence[Arguments]) -> int:
    """Run one changing statement for each of `arguments`; how many rows it changed, -1 where that is not told."""
    try:
        if conn.dialect.name == "sqlite":
            raw: Any = conn.connection.dbapi_connection
            changed: int = raw.executemany(sql, arguments).rowcount
            return changed
        await_only(_asyncpg(conn).executemany(sql, arguments))
    except _ERRORS as error:
        raise _wrapped(conn, sql, error) from error
    return -1


def _run_sqlite(conn: Connection, sql: str, arguments: Arguments, *, reads: bool) -> tuple[Sequence[Any], int]:
    raw: Any = conn.connection.dbapi_connection
    cursor = raw.execute(sql, arguments)
    return cursor.fetchall() if reads else (), cursor.rowcount


def _run_asyncpg(conn: Connection, sql: str, arguments: Arguments, *, reads: bool) -> tuple[Sequence[Any], int]:
    driver = _asyncpg(conn)
    if reads:
        rows: Sequence[Any] = await_only(driver.fetch(sql, *arguments))
        return rows, len(rows)
    status: str = await_only(driver.execute(sql, *arguments))
    return (), int(status.rpartition(" ")[2])


def _asyncpg(conn: Connection) -> Any:
    return conn.connection.driver_connection


def _wrapped(conn: Connection, sql: str, error: Exception) -> Exception:
    """The error as SQLAlchemy tells it, the texts that were to be stored left out; a dead connection is let go."""
    dialect = conn.dialect
    adapted: Any = conn.connection.dbapi_connection
    base: type[Exception] = dialect.loaded_dbapi.Error
    told = error
    if dialect.name != "sqlite":
        try:
            adapted._handle_exception(error)  # noqa: SLF001 - from asyncpg's errors to those of the DBAPI
        except (base, OSError) as adapted_error:
            told = adapted_error
    if not isinstance(told, base):
        return told
    is_gone = dialect.is_disconnect(cast(Any, told), adapted, None)
    if is_gone:
        conn.invalidate(told)
    found = sa.exc.DBAPIError.instance(
        sql, None, told, base, hide_parameters=True, connection_invalidated=is_gone, dialect=dialect
    )
    assert isinstance(found, Exception)
    return found
