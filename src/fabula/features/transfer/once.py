"""A flow of many transactions as one operation: a repeat waits for the first and gives its answer."""

import asyncio
from collections.abc import Awaitable, Callable

from fabula.core.actor import Actor
from fabula.db import Database, WriteTx
from fabula.engine import operations
from fabula.engine.operations import Answered, Operation
from fabula.features.transfer.errors import ImportInProgress

_PATIENCE = 600
_PAUSE_SECONDS = 0.1


async def run_once(db: Database, actor: Actor, operation: Operation | None, work: Callable[[], Awaitable[str]]) -> str:
    """The answer of `work`, which is done once per operation id; raises `ImportInProgress` after a minute's wait.

    `work` does no harm when it is done again: a process that dies in it leaves the id to whoever asks next.
    """
    if operation is None:
        return await work()
    for _ in range(_PATIENCE):
        answered = await db.write(actor, _claim, operation)
        if answered is None:
            return await _answer(db, actor, operation, work)
        if answered.body is not None:
            return answered.body
        await asyncio.sleep(_PAUSE_SECONDS)
    raise ImportInProgress


async def _answer(db: Database, actor: Actor, operation: Operation, work: Callable[[], Awaitable[str]]) -> str:
    try:
        body = await work()
    except Exception:
        await db.write(actor, _release, operation)
        raise
    await db.write(actor, _finish, operation, body)
    return body


def _claim(tx: WriteTx, actor: Actor, operation: Operation) -> Answered | None:
    return operations.claim(tx, actor.workspace, operation)


def _finish(tx: WriteTx, actor: Actor, operation: Operation, body: str) -> None:
    operations.finish(tx, actor.workspace, operation.id, status=200, body=body)


def _release(tx: WriteTx, actor: Actor, operation: Operation) -> None:
    operations.release(tx, actor.workspace, operation.id)
