"""A server per test, with a scripted model."""

from collections.abc import AsyncIterator

import pytest

from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place
from tests.server import Client, running


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
async def client(place: Place, model: ScriptedModel) -> AsyncIterator[Client]:
    async with running(place, model, keep_live_seconds=0.2, flush_seconds=0.1) as found:
        yield found
