"""A turn whose beginning is not committed never was: the model is not asked, and the next turn is as the first."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from fabula.db.errors import DatabaseFull
from fabula.plugins.testing import ScriptedModel
from tests.server import Client


async def test_a_beginning_that_cannot_be_committed_asks_nothing(
    client: Client, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await client.chat()
    backend: Any = client.fabula.db._backend
    write, loop, told = backend.write, asyncio.get_running_loop(), list[object]()

    async def fail_at_the_commit(
        workspace: Any, run: Callable[[Connection], Any], committed: Any, ahead: Callable[[Any], None] | None = None
    ) -> Any:
        def run_and_fail(conn: Connection) -> Any:
            result = run(conn)
            if ahead is not None:
                told.append(result)
                loop.call_soon_threadsafe(ahead, result)
                raise DatabaseFull
            return result

        return await write(workspace, run_and_fail, committed)

    registry = client.fabula.turns._orchestrator._registry
    before = set(registry._live)
    monkeypatch.setattr(backend, "write", fail_at_the_commit)
    asks = {"json": {"promptText": "Go"}, "headers": {"accept": "text/event-stream"}}
    refused = await client.call("POST", f"/v1/chats/{chat}/messages", status=503, **asks)
    assert refused["code"] == "db.full"
    assert len(told) == 1
    monkeypatch.setattr(backend, "write", write)
    async with asyncio.timeout(20):
        while any(task.get_name().startswith("turn-") for task in asyncio.all_tasks()):
            await asyncio.sleep(0.01)
    assert model.requests == []
    assert registry._live.keys() <= before  # what earlier tests left may go meanwhile
    assert len(await client.messages(chat)) == 1
    frames = await client.say(chat)
    assert frames[-1].event == "llm.stream.done"
    assert len(model.requests) == 1
