"""A full disk and a database that goes away: a clear error, nothing half-written, and it goes on without a restart."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bench.invariants import find_violations, open_engine
from fabula.db import WriteTx
from fabula.plugins.testing import End, Hold, Say, ScriptedModel
from tests.conftest import Place, PostgresServer
from tests.server import Client, Frame, running, text_of

pytestmark = pytest.mark.slow
QUICK: dict[str, Any] = {"heartbeat_seconds": 0.2, "lease_seconds": 60.0, "flush_seconds": 0.1}


def violations(place: Place) -> list[str]:
    engine = open_engine(place.url or place.data / "fabula.db")
    with engine.connect() as conn:
        found = find_violations(conn)
    engine.dispose()
    return found


async def refusal(client: Client, chat: str, text: str) -> tuple[int, str | None]:
    """Status and error code of posting `text`."""
    async with client.http.post(f"{client.address}/v1/chats/{chat}/messages", json={"promptText": text}) as answer:
        return answer.status, (await answer.json()).get("code")


def limit_pages(tx: WriteTx, more: int) -> None:
    """Let the database file grow by `more` pages and no further; SQLite then says what it says on a full disk."""
    pages = tx.execute(sa.text("PRAGMA page_count")).scalar_one()
    tx.execute(sa.text(f"PRAGMA max_page_count = {pages + more}"))


@pytest.mark.parametrize("lane", ["sqlite"], indirect=True)
async def test_a_full_disk_refuses_clearly_and_an_answer_waits_for_space(place: Place) -> None:
    gate, model = asyncio.Event(), ScriptedModel()
    model.scripts = [[Say("half "), Hold(gate), Say("whole" * 40_000), End()]]
    async with running(place, model, **QUICK) as client:
        chat, other = await client.chat(), await client.chat()
        async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Go"}) as frames:
            heard = [await anext(frames), await anext(frames)]
            await client.fabula.db.system("test: fill the disk", limit_pages, 8)
            refused = [await refusal(client, other, "x" * 90_000) for _ in range(4)]
            assert refused[-1] == (503, "db.full")
            stored = await client.messages(other)
            assert len(stored) == 1 + sum(status == 201 for status, _ in refused)
            assert violations(place) == []
            gate.set()
            rest = asyncio.ensure_future(_all(frames))
            await asyncio.sleep(1.0)
            assert not rest.done()  # settled is what is stored, and this cannot be stored yet
            await client.fabula.db.system("test: free the disk", limit_pages, 10_000)
            heard += await rest
        assert heard[-1].event == "llm.stream.done"
        assert (await client.messages(chat))[-1]["promptText"] == text_of(heard) == "half " + "whole" * 40_000
        assert await refusal(client, other, "x" * 90_000) == (201, None)
    assert violations(place) == []


async def _all(frames: AsyncIterator[Frame]) -> list[Frame]:
    return [frame async for frame in frames]


@pytest.fixture
def own_server(lane: str, tmp_path: Path) -> Iterator[tuple[PostgresServer, Place]]:
    """A PostgreSQL that no other test uses, to be stopped and started."""
    server = PostgresServer()
    data = tmp_path / "data"
    data.mkdir()
    yield server, Place(data, server.url(server.create()))
    server.stop()


@pytest.mark.parametrize("lane", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_an_answer_outlives_a_restart_of_the_database(own_server: tuple[PostgresServer, Place]) -> None:
    server, place = own_server
    gate, model = asyncio.Event(), ScriptedModel()
    model.scripts = [[Say("half "), Hold(gate), Say("whole"), End()]]
    async with running(place, model, **QUICK) as client:
        chat = await client.chat()
        async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Go"}) as frames:
            heard = [await anext(frames), await anext(frames)]
            await asyncio.sleep(0.3)
            await asyncio.to_thread(server._server.stop)
            assert await refusal(client, chat, "anyone there?") == (503, "db.unavailable")
            gate.set()
            rest = asyncio.ensure_future(_all(frames))
            await asyncio.sleep(1.0)
            assert not rest.done()
            await asyncio.to_thread(server._server.start)
            async with asyncio.timeout(30):
                heard += await rest
        assert heard[-1].event == "llm.stream.done"
        assert (await client.messages(chat))[-1]["promptText"] == text_of(heard) == "half whole"
        model.scripts = [[Say("on we go"), End()]]
        assert text_of(await client.say(chat)) == "on we go"
        await beats_again(client)
    assert violations(place) == []


async def beats_again(client: Client) -> None:
    """The heartbeat, which has seen its database go, still beats."""

    def last(tx: WriteTx) -> object:
        return tx.execute(sa.text("SELECT max(heartbeat_at) FROM instances")).scalar_one()

    before = await client.fabula.db.system("test: look at heartbeats", last)
    async with asyncio.timeout(20):
        while await client.fabula.db.system("test: look at heartbeats", last) == before:
            await asyncio.sleep(0.05)
