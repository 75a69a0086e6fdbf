"""The turn: from a stored beginning to a settled answer, as a task of the server and not of any request."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

import structlog

from fabula.core.actor import Actor
from fabula.core.errors import AppError
from fabula.core.ids import GenerationId, InstanceId
from fabula.db import Database, WriteTx
from fabula.engine.operations import Operation
from fabula.features.connections import Connection, Connections
from fabula.features.conversations import Author, Chat
from fabula.features.generation import store
from fabula.features.generation.begin import Begun, Repeated, Turn
from fabula.features.generation.live import LiveGeneration, LiveRegistry
from fabula.features.generation.outcome import interrupted, terminal
from fabula.features.generation.read import get_generation
from fabula.features.generation.settle import settle
from fabula.features.generation.sources import TurnSources
from fabula.features.generation.types import ModelRef, Outcome, Started
from fabula.features.generation.write import Writing, write_answer
from fabula.telemetry import metrics

log = structlog.get_logger()
P = ParamSpec("P")

_SETTLE_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


class Orchestrator:
    """Starts turns and sees them through. Owns their tasks: `stop` ends every one of them as interrupted."""

    def __init__(
        self,
        db: Database,
        connections: Connections,
        sources: TurnSources,
        registry: LiveRegistry,
        owner: InstanceId,
    ) -> None:
        self._db = db
        self._connections = connections
        self._sources = sources
        self._registry = registry
        self._owner = owner
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(
        self,
        actor: Actor,
        operation: Operation | None,
        begin: Callable[Concatenate[WriteTx, Actor, Turn, P], Begun],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> GenerationId:
        """Run `begin(tx, actor, turn, …)`, then the turn in a task of its own.

        A repeated operation answers with the generation of the first. The caller may be cancelled at any point: what
        was begun goes on.
        """
        connection = self._connections.default()
        ref = ModelRef(connection.id, connection.model_name or "", connection.params)
        turn = Turn(self._owner, ref, self._speaker, self._sources.expand, operation)

        async def begin_and_spawn() -> GenerationId:
            begun = await self._db.write(actor, begin, turn, *args, **kwargs)
            if isinstance(begun, Repeated):
                return begun.generation
            self._spawn(actor, begun, connection)
            return begun.id

        return await asyncio.shield(asyncio.create_task(begin_and_spawn()))

    async def abort(self, actor: Actor, generation: GenerationId) -> None:
        """Stop a generation, wherever it runs, and wait for its end if that is here."""
        live = self._registry.find(actor.workspace, generation)
        if live is None:
            await self._db.write(actor, _request_abort, generation)
            return
        live.abort()
        if live.task is not None:
            await asyncio.wait([live.task], timeout=5.0)

    async def stop(self) -> None:
        """End all turns as interrupted, their text stored."""
        for live in self._registry.running():
            live.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10.0)

    def _speaker(self, tx: WriteTx, actor: Actor, chat: Chat) -> Author:
        return self._sources.of(chat.kind).speaker(tx, actor, chat)

    def _spawn(self, actor: Actor, started: Started, connection: Connection) -> None:
        live = self._registry.open(started)
        task = asyncio.create_task(self._run(actor, started, live, connection), name=f"turn-{started.id}")
        live.task = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, actor: Actor, started: Started, live: LiveGeneration, connection: Connection) -> None:
        writing = Writing(self._db, self._connections, self._sources, actor, started, live, connection)
        try:
            outcome = await write_answer(writing)
            await self._settle(writing, outcome)
        finally:
            self._registry.closed(live)

    async def _settle(self, writing: Writing, outcome: Outcome) -> None:
        """Store the end, however long the database is away, and only then tell the streams."""
        started, live = writing.started, writing.live
        pauses = itertools.chain(_SETTLE_PAUSES, itertools.repeat(_SETTLE_PAUSES[-1]))
        ours: bool | None = None
        while ours is None:
            try:
                ours = await self._db.write(
                    writing.actor, settle, started, self._owner, writing.model_name, outcome, writing.steps
                )
            except AppError as error:
                log.warning("generation.settle_failed", generation=started.id, code=error.code)
                await asyncio.sleep(next(pauses))
        if not ours:  # declared dead while this process was asleep; somebody else has settled it
            outcome = interrupted(outcome)
        metrics.generations.labels(outcome.status.value).inc()
        log.info("turn.settled", generation=started.id, status=outcome.status.value, tokens=outcome.completion_tokens)
        live.finish(*terminal(outcome))


def _request_abort(tx: WriteTx, actor: Actor, generation: GenerationId) -> None:
    get_generation(tx, actor, generation)
    store.generations.request_abort(tx, actor.workspace, generation)
