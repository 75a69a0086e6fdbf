"""`fabula serve` with a watch on its write transactions: `python -m bench.timed serve …` writes what they took at its end.

Where to: the file that FABULA_BENCH_WRITES names. A transaction is timed from its BEGIN to after its COMMIT; on SQLite
that is what holds up every other writer, and may be several functions that waited together. CPU time is of the thread
that runs it: waiting for the disk is not in it; on PostgreSQL, whatever else that thread does meanwhile is.
"""

import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

import msgspec

from bench.lab import Result
from bench.load import quantile
from fabula import cli
from fabula.db.database import Database
from fabula.db.dialect import postgres, sqlite

T = TypeVar("T")
BAR_MS = 50


class Took(msgspec.Struct, frozen=True, order=True):
    """Milliseconds, by the clock and by the processor."""

    wall: float
    cpu: float
    what: str


_taken: list[Took] = []
_WRITER: list[str] = []  # what the one writer of SQLite runs, in its own thread
_running: ContextVar[list[str]] = ContextVar("_running", default=_WRITER)


def judge(file: Path, lane: str) -> Result:
    """The row of the longest write of a run; the longest five are told on the error stream."""
    taken = sorted(msgspec.json.decode(file.read_bytes(), type=list[Took]), reverse=True)
    over = [took for took in taken if took.wall > BAR_MS]
    for took in taken[:5]:
        print(f"  {took.wall:.0f} ms ({took.cpu:.0f} ms of CPU) {took.what}", file=sys.stderr)
    cpu = [took.cpu for took in taken]
    spread = "/".join(f"{value:.0f}" for value in (quantile(cpu, 0.5), quantile(cpu, 0.99), max(cpu)))
    beside = f"{len(over)} of {len(taken)} over it; CPU p50/p99/max {spread} ms"
    longest = taken[0].wall
    return Result("the same: longest write", lane, f"{longest:.0f} ms", f"≤ {BAR_MS} ms", longest <= BAR_MS, beside)


def _name(fn: Callable[..., object]) -> str:
    """The use case: a route's own wrapper holds it as `fn`."""
    cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True)) if hasattr(fn, "__code__") else {}
    inner = cells["fn"].cell_contents if "fn" in cells else fn
    return str(getattr(inner, "__qualname__", inner))


def _watch_functions(method: str, at: int) -> None:
    """Note the name of each function that a `Database` runs, as it begins."""
    run = getattr(Database, method)

    def noting(self: Database, *args: object, **kwargs: object) -> Awaitable[object]:
        fn = args[at]
        assert callable(fn)

        def noted(*inner: object, **named: object) -> object:
            _running.get().append(_name(fn))
            return fn(*inner, **named)

        awaitable: Awaitable[object] = run(self, *args[:at], noted, *args[at + 1 :], **kwargs)
        return awaitable

    setattr(Database, method, noting)


def _note(began: float, cpu: float, names: list[str]) -> None:
    what = ", ".join(dict.fromkeys(names)) + (f" ({len(names)} together)" if len(names) > 1 else "")
    _taken.append(Took((time.perf_counter() - began) * 1000, (time.thread_time() - cpu) * 1000, what))


def _watch_sqlite() -> None:
    run = sqlite.SqliteBackend._run_group  # noqa: SLF001  # the one place where a transaction begins and ends

    def timed(self: sqlite.SqliteBackend, group: list[object]) -> bool:
        began, cpu = time.perf_counter(), time.thread_time()
        closing = run(self, group)  # type: ignore[arg-type]  # its own list
        _note(began, cpu, _WRITER)
        _WRITER.clear()
        return closing

    sqlite.SqliteBackend._run_group = timed  # type: ignore[method-assign,assignment]  # noqa: SLF001  # as above


def _watch_postgres() -> None:
    """Each transaction by itself, several may run at a time. Reads go the same way: they have no name."""
    once = postgres.PostgresBackend._once  # noqa: SLF001  # as above

    async def timed(self: postgres.PostgresBackend, workspace: object, fn: Callable[[object], T], *rest: object) -> T:
        names: list[str] = []
        began: list[float] = []

        def beginning(conn: object) -> T:
            began[:] = time.perf_counter(), time.thread_time()
            return fn(conn)

        token = _running.set(names)
        try:
            result: T = await once(self, workspace, beginning, *rest)  # type: ignore[arg-type]  # passed on as it came
        finally:
            _running.reset(token)
        if names:
            _note(began[0], began[1], names)
        return result

    postgres.PostgresBackend._once = timed  # type: ignore[method-assign,assignment]  # noqa: SLF001  # as above


def _tell_at_close(file: Path) -> None:
    """Not at exit: the server passes on the signal that ended it, and dies of it."""
    close = Database.close

    async def closing(self: Database) -> None:
        await close(self)
        file.write_bytes(msgspec.json.encode(_taken))

    Database.close = closing  # type: ignore[method-assign]  # a watch


def main() -> None:
    _watch_functions("write_ahead", 2)  # which `write` goes through
    _watch_functions("system", 1)
    _watch_sqlite()
    _watch_postgres()
    _tell_at_close(Path(os.environ["FABULA_BENCH_WRITES"]))
    cli.main()


if __name__ == "__main__":
    main()
