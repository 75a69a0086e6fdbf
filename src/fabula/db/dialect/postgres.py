"""PostgreSQL: the same transaction functions through `AsyncConnection.run_sync` on asyncpg."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import sqlalchemy as sa
import structlog
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from fabula.core.ids import WorkspaceId
from fabula.db.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable

T = TypeVar("T")
log = structlog.get_logger()
POOL_SIZE = 8
ATTEMPTS = 3
# A process that is frozen in the middle of a transaction must not hold its rows for longer than a lease or so: the
# reaper of another one could not declare its generations dead. Ours never wait inside a transaction.
_SESSION = {"application_name": "fabula", "idle_in_transaction_session_timeout": "5000"}
_RETRIED = {"40001", "40P01"}  # serialization failure, deadlock: the whole function runs again
_FULL = {"53100"}
_FAULTS = (
    sa.exc.DBAPIError,
    sa.exc.TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)
APP_ROLE = "fabula_app"

# With BEGIN, in one round trip: the role that row-level security binds, and whose rows it may see.
_ENTER = "BEGIN; SELECT set_config('role', '{role}', true), set_config('app.workspace', '{workspace}', true)"


def open_engine(url: sa.URL, pool_size: int = POOL_SIZE, *, autocommit: bool = False) -> AsyncEngine:
    """An engine; with `autocommit` BEGIN and COMMIT are said by `PostgresBackend`."""
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        # A burst waits its milliseconds. Connections beyond the pool are closed as they come back, and each new one
        # prepares every statement again: measured with 100 turns at a time, a third of the server's CPU.
        max_overflow=0,
        pool_use_lifo=True,
        isolation_level="AUTOCOMMIT" if autocommit else "READ COMMITTED",
        connect_args={"server_settings": _SESSION, "statement_cache_size": 512, "timeout": 10},
    )


async def run_alone(url: sa.URL, run: Callable[[Connection], T]) -> T:
    """Run one function in a transaction on a connection of its own; raises `DatabaseUnavailable`."""
    engine = open_engine(url, pool_size=1)
    try:
        async with engine.begin() as conn:
            return await conn.run_sync(run)
    except (OSError, TimeoutError, sa.exc.DBAPIError) as error:
        raise translate(error) from error
    finally:
        await engine.dispose()


def _sqlstate(error: BaseException) -> str:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return str(getattr(cause, "sqlstate", "") or "")


def translate(error: BaseException) -> BaseException:
    """An `AppError` for what the caller can wait for; anything else as it is."""
    if isinstance(error, (OSError, TimeoutError, sa.exc.TimeoutError, asyncpg.PostgresConnectionError)):
        return DatabaseUnavailable()
    if not isinstance(error, (sa.exc.DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        return error
    state = _sqlstate(error)
    if state in _RETRIED:
        return DatabaseBusy()
    if state in _FULL:
        return DatabaseFull()
    is_gone = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    # InterfaceError is asyncpg's word for a connection that is closed.
    if is_gone or isinstance(error, asyncpg.InterfaceError) or state.startswith(("08", "57P", "53")):
        return DatabaseUnavailable()
    return error


class PostgresBackend:
    """Transactions on a pool. Waiting for a connection is bounded by SQLAlchemy's pool timeout (30 s)."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def read(self, workspace: WorkspaceId | None, run: Callable[[Connection], T]) -> T:
        return await self._run(workspace, run)

    async def write(
        self,
        workspace: WorkspaceId | None,
        run: Callable[[Connection], T],
        committed: Callable[[T], None],
        ahead: Callable[[T], None] | None = None,
    ) -> T:
        result = await self._run(workspace, run, ahead)
        committed(result)
        return result

    async def close(self) -> None:
        await self._engine.dispose()

    async def _run(
        self, workspace: WorkspaceId | None, run: Callable[[Connection], T], ahead: Callable[[T], None] | None = None
    ) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            entered: list[bool] = []
            try:
                return await self._once(workspace, run, ahead, entered)
            except _FAULTS as error:
                # A pooled connection that died while idle fails before our first statement: a fresh one will do.
                again = not entered or _sqlstate(error) in _RETRIED
                if not again or attempt == ATTEMPTS or isinstance(error, sa.exc.TimeoutError):
                    raise translate(error) from error
                if not entered:
                    await self._engine.dispose()  # what else is idle has died with it
        raise AssertionError("unreachable")

    async def _once(
        self,
        workspace: WorkspaceId | None,
        run: Callable[[Connection], T],
        ahead: Callable[[T], None] | None,
        entered: list[bool],
    ) -> T:
        async with self._engine.connect() as conn:
            driver: Any = (await conn.get_raw_connection()).driver_connection
            enter = "BEGIN" if workspace is None else _ENTER.format(role=APP_ROLE, workspace=_checked(workspace))
            try:
                await driver.execute(enter)
                entered.append(True)
                result = await conn.run_sync(run)
                if ahead is not None:
                    ahead(result)
                await driver.execute("COMMIT")
            except BaseException:
                await _roll_back(conn, driver)
                raise
            return result


async def _roll_back(conn: AsyncConnection, driver: Any) -> None:
    """End the transaction, or else the connection: it must not go back to the pool with one open."""
    try:
        if not driver.is_closed() and driver.is_in_transaction():
            await asyncio.shield(driver.execute("ROLLBACK"))
            return
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        log.info("database.rollback_failed")
    except BaseException:
        await conn.invalidate()
        raise
    if driver.is_closed() or driver.is_in_transaction():
        await conn.invalidate()


def _checked(workspace: WorkspaceId) -> str:
    """The id as it stands in SQL."""
    return str(UUID(workspace))


def create_app_role(conn: Connection) -> None:
    """Make the role that actors' transactions run as; it cannot log in. Nothing to do on another database."""
    if conn.dialect.name != "postgresql":
        return
    conn.execute(_CREATE_ROLE)
    conn.execute(_JOIN_ROLE)


def grant_app_role(conn: Connection) -> None:
    """Let `fabula_app` use every table there is; run after each migration, ours and the job library's."""
    for grant in _GRANTS:
        conn.execute(grant)


_CREATE_ROLE = sa.text(
    f"DO $$ BEGIN CREATE ROLE {APP_ROLE} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
)
_JOIN_ROLE = sa.text(f"DO $$ BEGIN EXECUTE format('GRANT {APP_ROLE} TO %I', current_user); END $$")
_GRANTS = tuple(
    sa.text(
        f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_namespace WHERE nspname = '{schema}') THEN "
        f"GRANT USAGE ON SCHEMA {schema} TO {APP_ROLE}; "
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {APP_ROLE}; "
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {APP_ROLE}; "
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {APP_ROLE}; END IF; END $$"
    )
    for schema in ("public", "dbos")
)
