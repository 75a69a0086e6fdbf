"""Operation ids on both databases."""

import asyncio

import pytest

from fabula.core.actor import Actor
from fabula.core.ids import InstanceId, OperationId, uuid7
from fabula.db import Database, WriteTx
from fabula.engine import operations
from fabula.engine.operations import Operation, OperationMismatch


@pytest.fixture
async def actor(db: Database) -> Actor:
    from fabula.features.identity import ensure_local_owner

    return await db.system("local owner", ensure_local_owner)


def effect(tx: WriteTx, actor: Actor, operation: Operation, ran: list[int]) -> str:
    answered = operations.claim(tx, actor.workspace, operation)
    if answered is not None:
        assert answered.body is not None
        return answered.body
    ran.append(1)
    operations.finish(tx, actor.workspace, operation.id, status=201, body="first")
    return "first"


async def test_parallel_repeats_have_one_effect(db: Database, actor: Actor) -> None:
    operation = Operation(OperationId("op"), "print", InstanceId(uuid7()))
    ran: list[int] = []
    answers = await asyncio.gather(*(db.write(actor, effect, operation, ran) for _ in range(3)))
    assert answers == ["first"] * 3
    assert ran == [1]


async def test_another_request_with_the_same_id_is_refused(db: Database, actor: Actor) -> None:
    owner = InstanceId(uuid7())
    await db.write(actor, effect, Operation(OperationId("op"), "a", owner), [])
    with pytest.raises(OperationMismatch):
        await db.write(actor, effect, Operation(OperationId("op"), "b", owner), [])


async def test_a_failed_operation_frees_its_id(db: Database, actor: Actor) -> None:
    operation = Operation(OperationId("op"), "print", InstanceId(uuid7()))

    def fail(tx: WriteTx, actor: Actor) -> None:
        assert operations.claim(tx, actor.workspace, operation) is None
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await db.write(actor, fail)
    ran: list[int] = []
    await db.write(actor, effect, operation, ran)
    assert ran == [1]
