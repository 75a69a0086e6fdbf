"""What is told of a write before its commit, and when."""

import asyncio

import pytest

from fabula.core.actor import Actor
from fabula.core.errors import AppError, Kind
from fabula.db import Database, ReadTx, WriteTx
from fabula.features.identity import ensure_local_owner
from tests.feature.db.test_hot import add, read, row


class Refused(AppError):
    kind, code = Kind.CONFLICT, "test.refused"

    @property
    def message(self) -> str:
        return "refused"


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


def put(tx: WriteTx, actor: Actor, number: int) -> int:
    add(tx, [row(actor.workspace, "one", number)])
    return number


def stored(tx: ReadTx, actor: Actor) -> list[int]:
    return [one.quantity for one in read(tx, actor.workspace)]


async def test_it_is_told_before_the_write_returns_and_others_see_nothing_yet(
    db: Database, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int | str] = []
    monkeypatch.setattr(db, "_publish", lambda _: told.append("committed"))

    def say(tx: WriteTx, actor: Actor) -> int:
        tx.emit(actor.workspace, "test.said")
        return put(tx, actor, 7)

    told.append(await db.write_ahead(actor, told.append, say) + 1)
    assert told == [7, "committed", 8]
    assert await db.read(actor, stored) == [7]


async def test_nothing_is_told_of_what_is_refused(db: Database, actor: Actor) -> None:
    told: list[int] = []

    def refuse(tx: WriteTx, actor: Actor) -> int:
        put(tx, actor, 1)
        raise Refused

    with pytest.raises(Refused):
        await db.write_ahead(actor, told.append, refuse)
    await asyncio.sleep(0.05)
    assert told == []
    assert await db.read(actor, stored) == []


async def test_many_at_once_are_each_told_their_own(db: Database, actor: Actor) -> None:
    told: list[int] = []
    returned = await asyncio.gather(*(db.write_ahead(actor, told.append, put, number) for number in range(30)))
    assert sorted(told) == returned == list(range(30))
