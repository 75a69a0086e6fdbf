"""One server for all tests of a database, with a scripted model; each test has a workspace of its own.

What a test needs of its own kind, with other settings, it starts itself with `running`: that takes a third of a second.
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from fabula.features.generation.pipelines import StepKinds
from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place, new_place
from tests.server import Client, Stage, running, visiting


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture(scope="session")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="session")
def shared_place(
    lane: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Place]:
    with new_place(lane, tmp_path_factory.mktemp("shared"), request) as made:
        yield made


@pytest.fixture(scope="session")
async def house(shared_place: Place, stage: Stage) -> AsyncIterator[Client]:
    async with running(shared_place, stage, keep_live_seconds=0.2, flush_seconds=0.1) as found:
        yield found


@pytest.fixture
async def client(house: Client, stage: Stage, model: ScriptedModel) -> AsyncIterator[Client]:
    async with visiting(house, stage, model) as found:
        yield found


@pytest.fixture(scope="module")
def module_place(
    lane: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Place]:
    with new_place(lane, tmp_path_factory.mktemp("module"), request) as made:
        yield made


@pytest.fixture(scope="module")
async def busy_house(module_place: Place, stage: Stage) -> AsyncIterator[Client]:
    """A server whose jobs run. Of the module: only one in a process may have them."""
    async with running(module_place, stage, jobs=True) as found:
        await found.fabula.jobs.ready()
        yield found


@pytest.fixture
async def worker(busy_house: Client, stage: Stage, model: ScriptedModel) -> AsyncIterator[Client]:
    async with visiting(busy_house, stage, model) as found:
        yield found


@pytest.fixture
async def alone(place: Place, model: ScriptedModel) -> AsyncIterator[Client]:
    """A server with a database of its own, for what is said of the database as a whole."""
    async with running(place, model) as found:
        yield found


@pytest.fixture
def kinds(client: Client) -> Iterator[StepKinds]:
    """The server's registry, put back as it was: tests may share the server."""
    found = client.fabula.turns.sources.kinds
    before = dict(found._kinds)
    yield found
    found._kinds = before
