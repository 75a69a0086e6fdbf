"""A plugin installed beside a running server: its steps are steps like any other."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fabula.cli.serve import tell_faults
from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place
from tests.feature.plugins.installing import guide_part, install, install_example, on_path
from tests.server import running


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Path]:
    with on_path(tmp_path / "site") as folder:
        yield folder


async def test_the_guides_plugin_runs_in_a_turn(place: Place, shelf: Path, model: ScriptedModel) -> None:
    install_example(shelf)
    async with running(place, model) as client:
        kinds = (await client.call("GET", "/v1/pipeline-step-kinds", status=200))["items"]
        assert {("pre", "roll"), ("tool", "words")} <= {(kind["type"], kind["name"]) for kind in kinds}
        definition = json.loads(guide_part("json"))
        die = definition["steps"][0]
        die["params"]["sides"] = 13
        body = {"name": "Dice", "definition": definition}
        refused = await client.call("POST", "/v1/pipelines", json=body, status=422)
        assert refused["details"]["problems"][0]["message"] == "nobody makes such a die"
        die["params"]["sides"] = 1
        made = await client.call("POST", "/v1/pipelines", json=body, status=201)
        chat = await client.chat()
        await client.call("PATCH", f"/v1/chats/{chat}", json={"settings": {"pipelineId": made["id"]}}, status=200)
        frames = await client.say(chat)
        trace = await client.call("GET", f"/v1/generations/{frames[0].data['generationId']}/trace", status=200)
    assert frames[-1].data["finalText"] == "Hello, traveller."
    assert model.requests[0].messages[-1].content == "The die shows 1. Tell what comes of it."
    steps = {step["name"]: (step["status"], step["output"]) for step in trace["steps"]}
    assert steps["count"] == ("done", {"words": 2, "text": "2"})
    assert steps["tidy"] == ("skipped", {"reason": "condition"})


async def test_the_server_goes_on_without_a_plugin_that_cannot_be_used_and_says_so(
    place: Place, shelf: Path, model: ScriptedModel
) -> None:
    install(shelf, "some-stranger", "some_stranger", "1 / 0", "odd = some_stranger:plugin")
    async with running(place, model) as client:
        with capture_logs() as logs:
            tell_faults(client.fabula.plugins)
        frames = await client.say(await client.chat())
    assert frames[-1].data["finalText"] == "Hello, traveller."
    (told,) = logs
    assert (told["event"], told["log_level"]) == ("plugin.unusable", "error")
    assert "of some-stranger 1.0 cannot be used: ZeroDivisionError" in told["message"]
    assert isinstance(told["exc_info"], ZeroDivisionError)
