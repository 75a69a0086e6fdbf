"""The document tells of every answer: what `python -m bench.document` tries at length, small.

FABULA_TEST_STEPS multiplies the random requests; with more than one, the edges of every parameter are tried too.
"""

from pathlib import Path

import pytest

from bench.document import explore
from fabula.plugins.testing import ScriptedModel
from tests.conftest import STEPS, Place, times
from tests.server import running


@pytest.mark.slow
async def test_no_request_finds_an_answer_that_the_document_does_not_tell_of(place: Place, tmp_path: Path) -> None:
    async with running(place, ScriptedModel(), jobs=True, sources={}) as client:
        found = await explore(client.address, max(6, times(6)), 1, tmp_path / "schemathesis.log", edges=STEPS > 1)
    assert found.faults == []
    assert found.operations == len(_operations(client.app.openapi()))
    assert len(found.refused) < found.operations / 3
    assert found.requests > 500


def _operations(document: dict[str, dict[str, dict[str, object]]]) -> list[tuple[str, str]]:
    return [(method, path) for path, methods in document["paths"].items() for method in methods]
