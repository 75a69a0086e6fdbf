"""Hot statements do what SQLAlchemy's own execution does, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from fabula.core.ids import uuid7
from fabula.db import Database, ReadTx, WriteTx
from fabula.db.columns import JsonText
from fabula.db.hot import hot
from fabula.features.identity import ensure_local_owner
from fabula.features.identity.tables import workspaces
from fabula.features.usage.tables import usage_events as u

_P = sa.bindparam
_THIS = (u.c.workspace_id == _P("ws")) & u.c.meter.in_(("one", "two"))
READ = sa.select(u.c.id, u.c.meter, u.c.quantity, u.c.created_at, sa.literal({"a": [1]}, JsonText).label("j")).where(
    _THIS & (u.c.quantity >= _P("least"))
)
ADD, DOUBLE = sa.insert(u), sa.update(u).where(_THIS).values(quantity=u.c.quantity * 2)
hot(READ, ADD, DOUBLE)
COLD = READ.order_by(u.c.quantity)
THEN = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def row(ws: str, meter: str, quantity: int, event: str | None = None) -> dict[str, Any]:
    times = {"created_at": THEN, "updated_at": THEN}
    return {"id": event or str(uuid7()), "workspace_id": ws, "meter": meter, "quantity": quantity, **times}


@pytest.fixture
async def ws(db: Database) -> str:
    owner = await db.system("local owner", ensure_local_owner)
    return owner.workspace


def add(tx: WriteTx, rows: Any) -> int:
    return tx.execute(ADD, rows).rowcount


def read(tx: ReadTx, ws: str, least: int = 0) -> list[Any]:
    return sorted(tx.execute(READ, {"ws": ws, "least": least}), key=lambda found: found.quantity)


async def test_rows_read_as_through_sqlalchemy(db: Database, ws: str) -> None:
    rows = [row(ws, "one", 1), row(ws, "two", 2), row(ws, "three", 3)]
    await db.system("test", add, rows)
    found = await db.system("test", read, ws)
    cold = await db.system("test", lambda tx: tx.execute(COLD, {"ws": ws, "least": 0}).all())
    assert [tuple(one) for one in found] == [tuple(one) for one in cold]
    assert [(one.id, one.meter, one.created_at, one.j) for one in found] == [
        (rows[0]["id"], "one", THEN, {"a": [1]}),
        (rows[1]["id"], "two", THEN, {"a": [1]}),
    ]


@pytest.mark.parametrize("count", [1, 2, 8, 9, 30])
async def test_any_number_of_rows_goes_in(db: Database, ws: str, count: int) -> None:
    await db.system("test", add, [row(ws, "one", number) for number in range(count)])
    found = await db.system("test", read, ws)
    assert [one.quantity for one in found] == list(range(count))


async def test_a_change_tells_how_many_rows_it_met(db: Database, ws: str) -> None:
    await db.system("test", add, [row(ws, "one", 1), row(ws, "two", 2), row(ws, "three", 3)])
    assert await db.system("test", lambda tx: tx.execute(DOUBLE, {"ws": ws}).rowcount) == 2
    assert [one.quantity for one in await db.system("test", read, ws)] == [2, 4]


async def test_one_row_is_asked_for_as_strictly(db: Database, ws: str) -> None:
    await db.system("test", add, [row(ws, "one", 1), row(ws, "one", 2)])
    one = await db.system("test", lambda tx: tx.execute(READ, {"ws": ws, "least": 2}).one())
    assert one.quantity == 2
    assert await db.system("test", lambda tx: tx.execute(READ, {"ws": ws, "least": 3}).one_or_none()) is None
    with pytest.raises(sa.exc.NoResultFound):
        await db.system("test", lambda tx: tx.execute(READ, {"ws": ws, "least": 3}).one())
    with pytest.raises(sa.exc.MultipleResultsFound):
        await db.system("test", lambda tx: tx.execute(READ, {"ws": ws, "least": 1}).one_or_none())


async def test_a_violation_is_sqlalchemys_error_without_the_texts(db: Database, ws: str) -> None:
    twice = str(uuid7())
    with pytest.raises(sa.exc.IntegrityError) as caught:
        await db.system("test", add, [row(ws, "a secret text", 1, twice), row(ws, "one", 2, twice)])
    assert "a secret text" not in str(caught.value)
    assert await db.system("test", read, ws) == []


async def test_a_failed_transaction_leaves_the_connection_usable(db: Database, ws: str) -> None:
    def fail(tx: WriteTx) -> None:
        add(tx, [row(ws, "one", 1)])
        raise ArithmeticError

    for _ in range(20):
        with pytest.raises(ArithmeticError):
            await db.system("test", fail)
    assert await db.system("test", read, ws) == []
    assert await db.system("test", lambda tx: len(tx.execute(sa.select(workspaces.c.id)).all())) == 1
