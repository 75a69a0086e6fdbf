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

from fabula.db.dialect import driver

_Given = Mapping[str, object]
_Params = _Given | Sequence[_Given] | None
# Rows of one INSERT that go in as one statement: the turn's few, with one plan for each number of them.
_TOGETHER = 8


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


def run_hot(conn: Connection, statement: Executable, params: _Params) -> Rows | None:
    """Run a hot statement; None where it is not one. Raises what `Connection.execute` would."""
    plans = _PLANS.get(statement)
    if plans is None:
        return None
    once = _once(plans, statement, conn.dialect, params)
    if once is not None:
        return once[0].run(conn, once[1])
    many = cast(Sequence[_Given], params)
    return _plan(plans, statement, conn.dialect, many[0]).run_many(conn, many)


class Post:
    """Hot writes of one transaction whose outcome nobody reads, on their way together.

    PostgreSQL runs them as the parts of one WITH: each sees the database as it was before all of them, and keys are
    checked after the last. So two parts never change the same table, unless both only add rows to it.
    """

    __slots__ = ("_parts", "_tables")

    def __init__(self) -> None:
        self._parts: list[tuple[_Plan, tuple[object, ...]]] = []
        self._tables: dict[object, bool] = {}

    def take(self, conn: Connection, statement: Executable, params: _Params) -> bool:
        """Take a write along, after those that it must not travel with; False where it is not of the kind."""
        plans = _PLANS.get(statement)
        if plans is None or not driver.joins(conn.dialect):
            return False
        once = _once(plans, statement, conn.dialect, params)
        if once is None:
            return False
        plan, given = once
        table, only_adds = cast(sa.UpdateBase, statement).table, type(statement) is sa.Insert
        if not (only_adds and self._tables.get(table, True)) and table in self._tables:
            self.send(conn)
        self._tables[table] = only_adds
        self._parts.append((plan, plan.arguments(given)))
        return True

    def send(self, conn: Connection) -> None:
        """Send what was taken along. Raises what `Connection.execute` would."""
        if self._parts:
            self._send(conn)

    def send_with(self, conn: Connection, statement: Executable, params: _Given) -> Rows | None:
        """Send what was taken along together with one more write, which the database may run first; its outcome.

        None, and nothing is sent, where it cannot travel with the rest.
        """
        plans = _PLANS.get(statement)
        table = cast(sa.UpdateBase, statement).table
        if plans is None or not self._parts or table in self._tables:
            return None
        plan = _plan(plans, statement, conn.dialect, params)
        self._parts.append((plan, plan.arguments(params)))
        return Rows([], self._send(conn))

    def _send(self, conn: Connection) -> int:
        """Send; how many rows the last part changed."""
        parts, self._parts, self._tables = self._parts, [], {}
        for plan, arguments in parts:
            plan.tell(conn, arguments, is_many=False)
        key = tuple(plan for plan, _ in parts)
        sql = _JOINED.get(key)
        if sql is None:
            sql = _JOINED[key] = driver.join([(plan.sql, plan.width) for plan in key])
        return driver.run(conn, sql, [value for _, arguments in parts for value in arguments], reads=False)[1]


def _once(plans: "_Plans", statement: Executable, dialect: Dialect, params: _Params) -> "tuple[_Plan, _Given] | None":
    """A plan that runs once for all of `params`, and what it is given; None where it has to run for each."""
    if isinstance(params, dict):
        return _plan(plans, statement, dialect, params), params
    many = cast(Sequence[_Given], params)
    if len(many) == 1:
        return _plan(plans, statement, dialect, many[0]), many[0]
    if not isinstance(statement, sa.Insert) or len(many) > _TOGETHER:
        return None
    together = {f"{name}__{i}": value for i, one in enumerate(many) for name, value in one.items()}
    plan = plans.get((driver.language(dialect), *together))
    return plan or _plan(plans, _of_many(statement, many), dialect, together), together


def _plan(plans: "_Plans", statement: Executable, dialect: Dialect, given: _Given) -> "_Plan":
    key = (driver.language(dialect), *given)
    found = plans.get(key)
    if found is None:
        found = plans[key] = _Plan(statement, dialect, given)
    return found


def _of_many(statement: sa.Insert, many: Sequence[_Given]) -> sa.Insert:
    """The statement with a row of VALUES for each of `many`."""
    columns = statement.table.c
    rows = [
        {name: sa.bindparam(f"{name}__{i}", type_=columns[name].type) for name in one} for i, one in enumerate(many)
    ]
    return statement.values(rows)


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
        processors: Any = {**compiled._bind_processors, **state.processors}  # noqa: SLF001 - values to the driver's
        self._bound = [(name, processors.get(name)) for name in state.positiontup or ()]
        self.width = len(self._bound)
        self._constants = {name: value for name, value in state.parameters.items() if name not in given}
        columns = compiled._result_columns  # noqa: SLF001 - what its own execution reads rows by
        names_read = [str(column.keyname) for column in columns]
        row: Any = namedtuple("Row", names_read, rename=True)  # type: ignore[misc]  # noqa: PYI024 - known only here
        self._make: Callable[[Any], Any] | None = row._make if columns else None
        types = [column.type for column in columns]
        read = [(i, one._cached_result_processor(dialect, None)) for i, one in enumerate(types)]  # noqa: SLF001 - as above
        self._read = [(index, process) for index, process in read if process is not None]

    def run(self, conn: Connection, given: _Given) -> Rows:
        arguments = self.arguments(given)
        self.tell(conn, arguments, is_many=False)
        make = self._make
        found, count = driver.run(conn, self.sql, arguments, reads=make is not None)
        return Rows([] if make is None else self._rows(found, make), count)

    def run_many(self, conn: Connection, many: Sequence[_Given]) -> Rows:
        arguments = [self.arguments(one) for one in many]
        self.tell(conn, arguments, is_many=True)
        return Rows([], driver.run_many(conn, self.sql, arguments))

    def arguments(self, given: _Given) -> tuple[object, ...]:
        values = {**self._constants, **given} if self._constants else given
        return tuple([values[name] if process is None else process(values[name]) for name, process in self._bound])

    def _rows(self, found: Sequence[Any], make: Callable[[Any], Any]) -> list[Any]:
        if not self._read:
            return [make(row) for row in found]
        rows = [list(row) for row in found]
        for row in rows:
            for index, process in self._read:
                row[index] = process(row[index])
        return [make(row) for row in rows]

    def tell(self, conn: Connection, arguments: object, *, is_many: bool) -> None:
        """Who listens to SQLAlchemy's statements hears of these too."""
        for listener in conn.dispatch.before_cursor_execute:
            listener(conn, None, self.sql, arguments, None, is_many)


_Plans = dict[tuple[str, ...], _Plan]
_PLANS: dict[Executable, _Plans] = {}
_JOINED: dict[tuple[_Plan, ...], str] = {}
