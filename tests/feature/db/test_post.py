"""Writes that nobody reads go together, and nobody can tell."""

from typing import Any

import pytest
import sqlalchemy as sa

from fabula.core.clock import utc_now
from fabula.core.ids import uuid7
from fabula.db import Database, WriteTx
from fabula.db.dialect import driver
from fabula.db.hot import hot
from fabula.features.identity import ensure_local_owner
from fabula.features.identity.tables import workspaces as w
from fabula.features.usage.tables import usage_events as u
from tests.feature.db.test_hot import ADD, DOUBLE, read, row

_P = sa.bindparam
RENAME = sa.update(w).where(w.c.id == _P("ws")).values(name=_P("new_name"))
hot(RENAME)


@pytest.fixture
async def ws(db: Database) -> str:
    return (await db.system("local owner", ensure_local_owner)).workspace


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that went to the driver."""
    found, run = list[str](), driver.run

    def note(conn: sa.Connection, sql: str, *args: Any, **kwargs: Any) -> Any:
        found.append(sql)
        return run(conn, sql, *args, **kwargs)

    monkeypatch.setattr(driver, "run", note)
    return found


def amounts(tx: WriteTx, ws: str) -> list[int]:
    return [one.quantity for one in read(tx, ws)]


async def test_posted_writes_are_one_statement_on_postgres_and_there_for_the_next_read(
    db: Database, ws: str, lane: str, sent: list[str]
) -> None:
    def change(tx: WriteTx) -> list[int]:
        tx.post(ADD, [row(ws, "one", 1), row(ws, "two", 2)])
        tx.post(RENAME, {"ws": ws, "new_name": "Posted $1"})
        tx.post(ADD, [row(ws, "one", 3)])
        return amounts(tx, ws)

    sent.clear()
    assert await db.system("test", change) == [1, 2, 3]
    assert len(sent) == (2 if lane == "postgres" else 4)
    name = await db.system("test", lambda tx: tx.execute(sa.select(w.c.name).where(w.c.id == ws)).scalar_one())
    assert name == "Posted $1"


async def test_writes_of_one_table_keep_their_order(db: Database, ws: str, lane: str, sent: list[str]) -> None:
    def change(tx: WriteTx) -> None:
        tx.post(ADD, [row(ws, "one", 1)])
        tx.post(DOUBLE, {"ws": ws})
        tx.post(DOUBLE, {"ws": ws})
        tx.post(ADD, [row(ws, "two", 5)])
        tx.post(DOUBLE, {"ws": ws})

    sent.clear()
    await db.system("test", change)
    assert len(sent) == 5
    assert await db.system("test", amounts, ws) == [8, 10]


async def test_what_is_posted_last_is_committed_and_more_rows_than_fit_go_too(db: Database, ws: str) -> None:
    rows = [row(ws, "one", number) for number in range(40)]

    def change(tx: WriteTx) -> None:
        tx.post(ADD, [row(ws, "one", 1000)])
        tx.post(ADD, rows)
        tx.post(sa.update(w).where(w.c.id == ws).values(name="cold"), None)
        tx.post(ADD, [row(ws, "one", 2000)])

    await db.system("test", change)
    assert await db.system("test", amounts, ws) == [*range(40), 1000, 2000]


async def test_what_is_wrong_is_raised_and_nothing_stays(db: Database, ws: str) -> None:
    known = row(ws, "one", 1)

    def change(tx: WriteTx) -> None:
        tx.post(RENAME, {"ws": ws, "new_name": "lost"})
        tx.post(ADD, [known])
        tx.post(ADD, [{**row(ws, "two", 2), "id": known["id"]}])

    with pytest.raises(sa.exc.IntegrityError):
        await db.system("test", change)
    assert await db.system("test", amounts, ws) == []


async def test_the_connection_itself_is_given_out_after_what_was_posted(db: Database, ws: str) -> None:
    def change(tx: WriteTx) -> int:
        now = {"created_at": utc_now(), "updated_at": utc_now()}
        tx.post(ADD, [{**row(ws, "one", 1, str(uuid7())), **now}])
        counted: int = tx.conn.execute(sa.select(sa.func.count()).select_from(u)).scalar_one()
        return counted

    assert await db.system("test", change) == 1


async def test_a_write_whose_rows_are_counted_goes_with_what_was_posted(
    db: Database, ws: str, lane: str, sent: list[str]
) -> None:
    def change(tx: WriteTx) -> tuple[int, int, int]:
        tx.post(ADD, [row(ws, "one", 1)])
        named = tx.execute_posted(RENAME, {"ws": ws, "new_name": "Counted"}).rowcount
        nobody = tx.execute_posted(RENAME, {"ws": str(uuid7()), "new_name": "Lost"}).rowcount
        tx.post(RENAME, {"ws": ws, "new_name": "Second"})
        return named, nobody, tx.execute_posted(RENAME, {"ws": ws, "new_name": "Third"}).rowcount

    sent.clear()
    assert await db.system("test", change) == (1, 0, 1)
    assert len(sent) == (4 if lane == "postgres" else 5)
    assert await db.system("test", amounts, ws) == [1]
    name = await db.system("test", lambda tx: tx.execute(sa.select(w.c.name).where(w.c.id == ws)).scalar_one())
    assert name == "Third"
