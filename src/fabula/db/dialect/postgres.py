"""PostgreSQL: the same transaction functions through `AsyncConnection.run_sync` on asyncpg."""

from collections.abc import Callable
from typing import TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from fabula.core.ids import WorkspaceId
from fabula.db.errors import DatabaseFull, DatabaseUnavailable

T = TypeVar("T")
POOL_SIZE = 8
ATTEMPTS = 3
_RETRIED = {"40001", "40P01"}  # serialization failure, deadlock: the whole function runs again
_FULL = {"53100"}
APP_ROLE = "fabula_app"

# One round trip: the role that row-level security binds, and whose rows it may see.
_ENTER = sa.text("SELECT set_config('role', :role, true), set_config('app.workspace', :workspace, true)")
_HELLO = sa.text("SELECT 1")


def open_engine(url: sa.URL, pool_size: int = POOL_SIZE) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_use_lifo=True,
        connect_args={"server_settings": {"application_name": "fabula"}, "statement_cache_size": 512, "timeout": 10},
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


def _sqlstate(error: sa.exc.DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")


def translate(error: BaseException) -> BaseException:
    """An `AppError` for what the caller can wait for; anything else as it is."""
    if isinstance(error, (OSError, TimeoutError, sa.exc.TimeoutError, asyncpg.PostgresConnectionError)):
        return DatabaseUnavailable()
    if not isinstance(error, sa.exc.DBAPIError):
        return error
    state = _sqlstate(error)
    if state in _FULL:
        return DatabaseFull()
    if error.connection_invalidated or state.startswith(("08", "57P", "53")):
        return DatabaseUnavailable()
    return error


class PostgresBackend:
    """Transactions on a pool. Waiting for a connection is bounded by SQLAlchemy's pool timeout (30 s)."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def read(self, workspace: WorkspaceId | None, run: Callable[[Connection], T]) -> T:
        return await self._run(workspace, run)

    async def write(
        self, workspace: WorkspaceId | None, run: Callable[[Connection], T], committed: Callable[[T], None]
    ) -> T:
        result = await self._run(workspace, run)
        committed(result)
        return result

    async def close(self) -> None:
        await self._engine.dispose()

    async def _run(self, workspace: WorkspaceId | None, run: Callable[[Connection], T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            entered: list[bool] = []
            try:
                return await self._once(workspace, run, entered)
            except (sa.exc.DBAPIError, sa.exc.TimeoutError, OSError, TimeoutError) as error:
                # A pooled connection that died while idle fails before our first statement: a fresh one will do.
                again = not entered or (isinstance(error, sa.exc.DBAPIError) and _sqlstate(error) in _RETRIED)
                if not again or attempt == ATTEMPTS or isinstance(error, sa.exc.TimeoutError):
                    raise translate(error) from error
        raise AssertionError("unreachable")

    async def _once(self, workspace: WorkspaceId | None, run: Callable[[Connection], T], entered: list[bool]) -> T:
        async with self._engine.connect() as conn, conn.begin():

            def whole(sync: Connection) -> T:
                if workspace is None:
                    sync.execute(_HELLO)
                else:
                    sync.execute(_ENTER, {"role": APP_ROLE, "workspace": workspace})
                entered.append(True)
                return run(sync)

            return await conn.run_sync(whole)


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
