"""`Database`: runs use cases as whole transactions, for an actor or for the system."""

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from fabula.core.actor import Actor
from fabula.core.clock import Clock
from fabula.db.tx import Backend, Event, ReadTx, WriteTx

P = ParamSpec("P")
T = TypeVar("T")
Publish = Callable[[Sequence[Event]], None]
# On the connection: whom the running transaction is for. A hook in the tests reads it to check every statement.
WORKSPACE = "fabula.workspace"


class Database:
    """The edge (a route, job, command or flow) opens transactions here; nobody else does.

    `read` and `write` are for one actor: on PostgreSQL they run as the role `fabula_app` with `app.workspace` set.
    `system` crosses workspaces and says why. Functions may run again after a deadlock, so they do nothing but SQL.
    """

    def __init__(self, backend: Backend, clock: Clock, publish: Publish) -> None:
        self._backend = backend
        self._clock = clock
        self._publish = publish

    async def read(
        self, actor: Actor, fn: Callable[Concatenate[ReadTx, Actor, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `fn(tx, actor, …)` on one consistent snapshot."""

        def run(conn: Connection) -> T:
            conn.info[WORKSPACE] = actor.workspace
            return fn(ReadTx(conn, self._clock()), actor, *args, **kwargs)

        return await self._backend.read(actor.workspace, run)

    async def write(
        self, actor: Actor, fn: Callable[Concatenate[WriteTx, Actor, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `fn(tx, actor, …)` and commit, or roll back whole if it raises. Events go out after the commit."""
        return await self.write_ahead(actor, None, fn, *args, **kwargs)

    async def write_ahead(
        self,
        actor: Actor,
        ahead: Callable[[T], None] | None,
        fn: Callable[Concatenate[WriteTx, Actor, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """As `write`; `ahead` is given the result on the event loop before the commit, to use the wait for the disk.

        What it begins must wait for `write_ahead` to return before it does anything that cannot be undone, and be
        given up when it raises. It is called again if `fn` runs again.
        """

        def run(conn: Connection) -> tuple[T, list[Event]]:
            conn.info[WORKSPACE] = actor.workspace
            tx = WriteTx(conn, self._clock())
            result = fn(tx, actor, *args, **kwargs)
            tx.send()
            return result, tx.events

        def tell(outcome: tuple[T, list[Event]]) -> None:
            if ahead is not None:
                ahead(outcome[0])

        result, _ = await self._backend.write(actor.workspace, run, self._committed, ahead and tell)
        return result

    async def system(
        self, reason: str, fn: Callable[Concatenate[WriteTx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `fn(tx, …)` across workspaces; `reason` names the work (a test lists them all)."""

        def run(conn: Connection) -> tuple[T, list[Event]]:
            conn.info[WORKSPACE] = None
            tx = WriteTx(conn, self._clock())
            result = fn(tx, *args, **kwargs)
            tx.send()
            return result, tx.events

        result, _ = await self._backend.write(None, run, self._committed)
        return result

    def _committed(self, outcome: tuple[object, list[Event]]) -> None:
        if outcome[1]:
            self._publish(outcome[1])

    async def close(self) -> None:
        """Finish what waits, then release every connection."""
        await self._backend.close()
