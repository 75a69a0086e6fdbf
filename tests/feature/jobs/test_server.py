"""Jobs of a server that comes and goes."""

import asyncio
import threading
import time

import pytest
from dbos import Queue
from dbos._dbos import DBOSRegistry

from fabula.db import DatabaseUnavailable, WriteTx
from fabula.engine import store
from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place
from tests.server import running


async def test_a_server_stopped_while_its_jobs_are_loaded_leaves_no_thread(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading, find = threading.Event(), DBOSRegistry.get_internal_queue

    def find_slowly(self: DBOSRegistry) -> Queue:
        """What the library asks for in the middle of its start, before it makes most of its threads."""
        loading.set()
        time.sleep(0.3)
        return find(self)

    monkeypatch.setattr(DBOSRegistry, "get_internal_queue", find_slowly)
    before = set(threading.enumerate())
    async with running(place, ScriptedModel(), jobs=True):
        await asyncio.to_thread(loading.wait, 10)
    assert left_beside(before) == []


async def test_a_server_stopped_while_its_queues_begin_leaves_no_thread(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = threading.Thread._bootstrap  # type: ignore[attr-defined]  # what a new thread does before it counts as begun

    def begin_slowly(self: threading.Thread) -> None:
        if self.name.startswith("queue-worker-"):
            time.sleep(0.3)
        begin(self)

    monkeypatch.setattr(threading.Thread, "_bootstrap", begin_slowly)
    before = set(threading.enumerate())
    async with running(place, ScriptedModel(), jobs=True) as client:
        await client.fabula.jobs.ready()
    assert left_beside(before) == []


async def test_jobs_start_though_the_database_was_away_at_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    find, asked = store.find_library_version, 0

    def fail_at_first(tx: WriteTx, library: str) -> str | None:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise DatabaseUnavailable
        return find(tx, library)

    monkeypatch.setattr(store, "find_library_version", fail_at_first)
    async with running(place, ScriptedModel(), jobs=True) as client:
        await client.fabula.jobs.ready()
    assert asked > 1


def left_beside(before: set[threading.Thread]) -> list[str]:
    """Threads that were not there; those of asyncio's own pool stay for the next who needs one."""
    left = [one.name for one in threading.enumerate() if one not in before]
    return [name for name in left if not name.startswith(("asyncio_", "uvloop_"))]
