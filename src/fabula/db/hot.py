"""The turn's own statements, run on the driver itself.

SQLAlchemy builds and compiles them; running them then costs what the database costs. Through its own machinery each of
the two dozen statements of a turn took 15 µs more, and several times that in a busy server: a third of all its CPU.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import Executable
from sqlalchemy.sql.compiler import SQLCompiler

_Given = Mapping[str, object]


class Result(Protocol):
    """What a statement gave: a result of SQLAlchemy's, or the rows of a hot statement."""

    @property
    def rowcount(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...
    def all(self) -> Sequence[Any]: ...
    def first(self) -> Any: ...
    def one(self) -> Any: ...
    def one_or_none(self) -> Any: ...
    def scalar_one(self) -> Any: ...
    def scalar_one_or_none(self) -> Any: ...


class Rows:
    """All rows of a hot statement; the same answers and errors as SQLAlchemy's result."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> Sequence[Any]:
        return self._rows

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        if not self._rows:
            raise sa.exc.NoResultFound("no row was found when one was required")
        return self.one_or_none()

    def one_or_none(self) -> Any:
        if len(self._rows) > 1:
            raise sa.exc.MultipleResultsFound("several rows were found when one at most was required")
        return self.first()

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        found = self.one_or_none()
        return None if found is None else found[0]


def hot(*statements: Executable) -> None:
    """Mark statements, built at import, that every turn runs. They take no list that is spread into parameters."""
    _PLANS.update({statement: {} for statement in statements})


def run_hot(conn: Connection, statement: Executable, params: _Given | Sequence[_Given] | None) -> Rows | None:
    """Run a hot statement; None where it is not one. Raises what `Connection.execute` would."""
    plans = _PLANS.get(statement)
    if plans is None:
        return None
    many = None if isinstance(params, dict) else cast(Sequence[_Given], params)
    first = cast(_Given, params) if many is None else many[0]
    key = (conn.dialect.name, *first)
    plan = plans.get(key)
    if plan is None:
        plan = plans[key] = _Plan(statement, conn.dialect, first)
    return plan.run(conn, many, first)


class _Plan:
    """One statement for one dialect and one set of parameters."""

    def __init__(self, statement: Executable, dialect: Dialect, given: _Given) -> None:
        compiled: Any = cast(sa.ClauseElement, statement).compile(
            dialect=dialect,
            column_keys=sorted(given),
            for_executemany=True,  # else PostgreSQL is asked for the keys it made; nobody here reads them so
        )
        assert isinstance(compiled, SQLCompiler)
        defaults = (*compiled.insert_prefetch, *compiled.update_prefetch)
        assert not defaults, "a hot statement's table has no defaults in Python"
        state = compiled.construct_expanded_state(given)  # constant lists, as in `status IN (…)`, are spread once
        self.sql = state.statement
        # How its own execution turns values into the driver's.
        processors: Any = {**compiled._bind_processors, **state.processors}  # noqa: SLF001
        self._bound = [(name, processors.get(name)) for name in state.positiontup or ()]
        self._constants = {name: value for name, value in state.parameters.items() if name not in given}
        columns = compiled._result_columns  # noqa: SLF001 - how its own execution reads rows
        names_read = [str(column.keyname) for column in columns]
        row: Any = namedtuple("Row", names_read, rename=True)  # type: ignore[misc]  # noqa: PYI024 - known only here
        self._make: Callable[[Any], Any] | None = row._make if columns else None
        read = [(i, c.type._cached_result_processor(dialect, None)) for i, c in enumerate(columns)]  # noqa: SLF001
        self._read = [(index, process) for index, process in read if process is not None]

    def run(self, conn: Connection, many: Sequence[_Given] | None, given: _Given) -> Rows:
        arguments: Any = self._arguments(given) if many is None else [self._arguments(one) for one in many]
        raw: Any = conn.connection.dbapi_connection
        cursor = raw.cursor()
        for listener in conn.dispatch.before_cursor_execute:
            listener(conn, cursor, self.sql, arguments, None, many is not None)
        try:
            (cursor.execute if many is None else cursor.executemany)(self.sql, arguments)
            return Rows([] if self._make is None else self._rows(cursor, self._make), cursor.rowcount)
        except _driver_error(conn.dialect) as error:
            raise _wrapped(conn, self.sql, error, cursor) from error
        finally:
            cursor.close()

    def _arguments(self, given: _Given) -> tuple[object, ...]:
        values = {**self._constants, **given} if self._constants else given
        return tuple([values[name] if process is None else process(values[name]) for name, process in self._bound])

    def _rows(self, cursor: Any, make: Callable[[Any], Any]) -> list[Any]:
        if not self._read:
            return [make(row) for row in cursor.fetchall()]
        rows = [list(row) for row in cursor.fetchall()]
        for row in rows:
            for index, process in self._read:
                row[index] = process(row[index])
        return [make(row) for row in rows]


_PLANS: dict[Executable, dict[tuple[str, ...], _Plan]] = {}


def _driver_error(dialect: Dialect) -> type[Exception]:
    found: type[Exception] = dialect.loaded_dbapi.Error
    return found


def _wrapped(conn: Connection, sql: str, error: Exception, cursor: Any) -> BaseException:
    """The error as SQLAlchemy tells it, the texts that were to be stored left out; a dead connection is let go."""
    dialect = conn.dialect
    is_gone = dialect.is_disconnect(cast(Any, error), conn.connection, cursor)
    if is_gone:
        conn.invalidate(error)
    return sa.exc.DBAPIError.instance(
        sql,
        None,
        error,
        _driver_error(dialect),
        hide_parameters=True,
        connection_invalidated=is_gone,
        dialect=dialect,
    )
