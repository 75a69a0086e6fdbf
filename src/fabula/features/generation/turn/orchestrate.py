"""The turn: from a stored beginning to a settled answer, as a task of the server and not of any request."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Concatenate, ParamSpec

import structlog

from fabula.core.actor import Actor, Scope
from fabula.core.ids import GenerationId, InstanceId
from fabula.db import Database, WriteTx
from fabula.engine.operations import Operation
from fabula.features.connections import Choice, Connections
from fabula.features.conversations import Author, Branch, Chat
from fabula.features.generation import store
from fabula.features.generation.live.generations import LiveRegistry
from fabula.features.generation.outcome import Terminal, broken_off, stored_terminal, terminal
from fabula.features.generation.read import get_generation, get_stored
from fabula.features.generation.sources import TurnSources
from fabula.features.generation.turn.begin import Begin, Begun, Repeated, Turn
from fabula.features.generation.turn.insist import insist
from fabula.features.generation.turn.settle import give_up, settle
from fabula.features.generation.turn.write import Writing, write_answer
from fabula.features.generation.types import GenerationStatus, Outcome, Started, StepRecord
from fabula.telemetry import metrics

log = structlog.get_logger()
P = ParamSpec("P")


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
        turn = Turn(self._owner, self._choose, self._speaker, self._sources.expand, self._gather, operation)

        spawned: list[Writing] = []

        def spawn(begun: Begun) -> None:
            if isinstance(begun, Begin):
                spawned.append(self._spawn(actor, begun))

        async def begin_and_spawn() -> GenerationId:
            # The prompt is made while the disk is waited for; no answer is asked for before the beginning is committed.
            stands: Writing | None = None
            try:
                begun = await self._db.write_ahead(actor, spawn, begin, turn, *args, **kwargs)
                stands = spawned[-1] if isinstance(begun, Begin) else None
            finally:
                for writing in spawned:
                    writing.begun.set_result(writing is stands)
            return begun.generation if isinstance(begun, Repeated) else begun.started.id

        return await asyncio.shield(asyncio.create_task(begin_and_spawn()))

    async def abort(self, actor: Actor, generation: GenerationId) -> None:
        """Stop a generation, wherever it runs, and wait for its end if that is here."""
        actor.require(Scope.CHAT_WRITE)
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

    def _choose(self, tx: WriteTx, actor: Actor, chat: Chat) -> Choice:
        return self._connections.choose(tx, actor, chat.settings, *chat.inherited)

    def _gather(self, tx: WriteTx, actor: Actor, started: Started, chat: Chat, branch: Branch) -> object:
        source = self._sources.of(chat.kind)
        return source.gather(tx, actor, started, chat, branch, started.choice.context_tokens)

    def _spawn(self, actor: Actor, begun: Begin) -> Writing:
        started = begun.started
        live = self._registry.open(started)
        stored = asyncio.get_running_loop().create_future()
        writing = Writing(self._db, self._connections, self._sources, actor, started, live, begun.material, stored)
        task = asyncio.create_task(self._run(writing), name=f"turn-{started.id}")
        live.task = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return writing

    async def _run(self, writing: Writing) -> None:
        try:
            outcome = await write_answer(writing)
            if await asyncio.shield(writing.begun):
                await self._settle(writing, outcome)
        except Exception:  # edge: a task of its own; its streams must end, and its branch must be free again
            log.exception("generation.settle_broken", generation=writing.started.id)
            await self._give_up(writing)
        finally:
            self._registry.closed(writing.live)

    async def _give_up(self, writing: Writing) -> None:
        """Settling failed by a fault of ours: mark the generation as a dead process's would be, with the flushed text."""
        started = writing.started
        await insist("give up", started.id, lambda: self._db.system("give up", give_up, started))
        writing.live.finish(*broken_off())

    async def _settle(self, writing: Writing, outcome: Outcome) -> None:
        """Store the end, however long the database is away, and only then tell the streams."""
        started, live = writing.started, writing.live
        end = await insist(
            "settle",
            started.id,
            lambda: self._db.write(
                writing.actor, _close, started, self._owner, writing.model_name, outcome, writing.steps
            ),
        )
        metrics.generations.labels(end.status.value).inc()
        log.info("turn.settled", generation=started.id, status=end.status.value, tokens=outcome.completion_tokens)
        live.finish(*end.terminal, end.text)


@dataclass(frozen=True, slots=True)
class _End:
    """What the streams are told; `text` is (reasoning, content) where it is not what they were sent."""

    status: GenerationStatus
    terminal: Terminal
    text: tuple[str, str] | None = None


def _close(
    tx: WriteTx,
    actor: Actor,
    started: Started,
    owner: InstanceId,
    model: str,
    outcome: Outcome,
    steps: Sequence[StepRecord],
) -> _End:
    """Settle; or, when this process was declared dead while it slept, find what stands: the streams end with that."""
    if settle(tx, actor, started, owner, model, outcome, steps):
        return _End(outcome.status, terminal(outcome))
    generation, stored = get_stored(tx, actor, started.id)
    return _End(generation.status, stored_terminal(generation, stored), (stored.reasoning, stored.text))


def _request_abort(tx: WriteTx, actor: Actor, generation: GenerationId) -> None:
    get_generation(tx, actor, generation)
    store.generations.request_abort(tx, actor.workspace, generation)
