"""Real server processes against the bench's fake upstream."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import aiohttp
import pytest

from bench.processes import OTHER_CORE, Process, run_announcing, run_fabula
from tests.conftest import Place

# A living process that a busy machine leaves out for a second must not look dead.
BEAT_SECONDS, LEASE_SECONDS, FLUSH_SECONDS = 0.25, 2.5, 0.2


@pytest.fixture(scope="session")
def upstream() -> Iterator[Process]:
    if sys.platform != "linux":
        pytest.skip("the bench pins and observes processes as only Linux lets it")
    with run_announcing("bench.upstream", core=OTHER_CORE) as process:
        yield process


@pytest.fixture
def env(place: Place, upstream: Process) -> dict[str, str]:
    """What a server needs to know of the test's database and of the fake upstream."""
    found = {
        "FABULA_MODEL_URL": f"{upstream.url}/v1",
        "FABULA_HEARTBEAT_SECONDS": str(BEAT_SECONDS),
        "FABULA_LEASE_SECONDS": str(LEASE_SECONDS),
        "FABULA_FLUSH_SECONDS": str(FLUSH_SECONDS),
    }
    return found if place.url is None else {**found, "FABULA_DATABASE_URL": place.url}


Serve = Callable[..., Process]


@pytest.fixture
def serve(place: Place, env: dict[str, str]) -> Iterator[Serve]:
    """Start a server that asks the fake upstream for `model`; more settings by their names."""
    with ExitStack() as stack:
        yield lambda model, **more: stack.enter_context(
            run_fabula(place.data, {**env, "FABULA_MODEL_NAME": model, **more})
        )


Connect = Callable[[Process], aiohttp.ClientSession]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Make a session with a server."""
    made: list[aiohttp.ClientSession] = []

    def make(server: Process) -> aiohttp.ClientSession:
        made.append(aiohttp.ClientSession(server.url))
        return made[-1]

    yield make
    for session in made:
        await session.close()
