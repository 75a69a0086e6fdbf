"""Transactions as values: what a use case holds, and what runs it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.sql import Executable

from fabula.core.ids import WorkspaceId
from fabula.db.hot import Post, Result, run_hot

P = ParamSpec("P")
T = TypeVar("T")
Params = Mapping[str, object] | Sequence[Mapping[str, object]] | None


@dataclass(frozen=True, slots=True)
class Event:
    """A change others want to hear of, published only after its transaction has committed."""

    workspace: WorkspaceId
    type: str
    data: Mapping[str, object]


class ReadTx:
    """A consistent view. `now` is one instant for the whole transaction."""

    __slots__ = ("_conn", "_read", "now")

    def __init__(self, conn: Connection, now: datetime) -> None:
        self._conn = conn
        self.now = now
        self._read: dict[object, object] = {}

    @property
    def conn(self) -> Connection:
        """The connection, for what `execute` cannot do."""
        return self._conn

    def once(self, load: Callable[Concatenate["ReadTx", P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What `load(tx, …)` gives, read once in this transaction: for what several steps of a turn need unchanged."""
        key = (load, args, *sorted(kwargs.items()))
        if key not in self._read:
            self._read[key] = load(self, *args, **kwargs)
        return cast(T, self._read[key])

    def execute(self, statement: Executable, params: Params = None) -> Result:
        """Run one statement (built at import); only `store` modules call this."""
        conn = self.conn
        found = run_hot(conn, statement, params)
        return conn.execute(statement, params) if found is None else found


class WriteTx(ReadTx):
    """A change that happens whole or not at all. Events emitted in it go out after the commit."""

    __slots__ = ("_post", "events")

    def __init__(self, conn: Connection, now: datetime) -> None:
        super().__init__(conn, now)
        self._post = Post()
        self.events: list[Event] = []

    @property
    def conn(self) -> Connection:
        """See `ReadTx.conn`; what was posted has gone."""
        self.send()
        return self._conn

    def post(self, statement: Executable, params: Params) -> None:
        """As `execute`, for a write whose outcome is not read: with PostgreSQL it goes together with the next ones, in
        one round trip, before anything else is sent. What is wrong with it is raised there.
        """
        if not self._post.take(self._conn, statement, params):
            self.execute(statement, params)

    def execute_posted(self, statement: Executable, params: Mapping[str, object]) -> Result:
        """As `execute`, for a write of which the number of rows is read; what was posted may go with it, or after it."""
        return self._post.send_with(self._conn, statement, params) or self.execute(statement, params)

    def send(self) -> None:
        """Send what was posted; `Database` does so before it commits."""
        self._post.send(self._conn)

    def emit(self, workspace: WorkspaceId, event_type: str, **data: object) -> None:
        self.events.append(Event(workspace, event_type, data))


class Backend(Protocol):
    """How one dialect runs a transaction function.

    `workspace` is whom the transaction is for, or None for work across workspaces. `committed` is called on the
    event loop right after the commit, also when the caller has stopped waiting; `ahead` as soon as `run` has returned,
    before the commit, which may still fail.
    """

    async def read(self, workspace: WorkspaceId | None, run: Callable[[Connection], T]) -> T: ...

    async def write(
        self,
        workspace: WorkspaceId | None,
        run: Callable[[Connection], T],
        committed: Callable[[T], None],
        ahead: Callable[[T], None] | None = None,
    ) -> T: ...

    async def close(self) -> None: ...
