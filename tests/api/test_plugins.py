"""A plugin installed beside a running server: its steps are steps like any other."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from fabula.cli.serve import tell_faults
from fabula.features.generation.pipelines import StepKinds
from fabula.plugins import Json, PromptPiece, StepContext, StepResult, StepType
from fabula.plugins.testing import ScriptedModel, ScriptedTool
from tests.conftest import Place
from tests.feature.plugins.installing import guide_part, install, install_example, on_path
from tests.server import Client, running


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


@dataclass
class Made(ScriptedTool):
    """A step that makes whatever it is given."""

    result: Any = None

    async def run(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        return self.result  # type: ignore[no-any-return]  # a stranger keeps no types


async def run_step(client: Client, kinds: StepKinds, made: Any, step_type: StepType) -> tuple[str, dict[str, Any]]:
    """An answer with an optional step that makes this: the final text, and the step in the trace."""
    kinds.register(Made(name="made", type=step_type, result=made))
    step = {"name": "made", "type": step_type.value, "use": "made", "required": False}
    body = {"name": "P", "definition": {"steps": [step, {"name": "answer", "type": "llm"}]}}
    pipeline = await client.call("POST", "/v1/pipelines", json=body, status=201)
    chat = await client.chat()
    await client.call("PATCH", f"/v1/chats/{chat}", json={"settings": {"pipelineId": pipeline["id"]}}, status=200)
    frames = await client.say(chat)
    trace = await client.call("GET", f"/v1/generations/{frames[0].data['generationId']}/trace", status=200)
    (found,) = [step for step in trace["steps"] if step["name"] == "made"]
    return frames[-1].data["finalText"], found


@pytest.mark.parametrize("step_type", [StepType.PRE, StepType.TOOL])
@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (None, "it is a NoneType, not a StepResult"),
        (StepResult(text=5), "text must be a text"),  # type: ignore[arg-type]  # what is wrong here
        (StepResult(output={"x": object()}), "output must be a JSON object"),  # type: ignore[dict-item]  # as above
        (StepResult(output={"x": float("nan")}), "output must be a JSON object"),
        (StepResult(memory=object()), "memory must be JSON"),  # type: ignore[arg-type]  # as above
        (StepResult(variables={"a": 1}), "variables must be texts by name"),  # type: ignore[dict-item]  # as above
        (StepResult(pieces=("x",)), "pieces must be PromptPieces"),  # type: ignore[arg-type]  # as above
        (StepResult(pieces=(PromptPiece("x", position="nowhere"),)), "pieces must be PromptPieces"),
        (StepResult(found=(1,)), "found must be FoundMessages"),  # type: ignore[arg-type]  # as above
    ],
    ids=repr,
)
async def test_a_result_that_breaks_the_contract_is_its_steps_fault(
    client: Client, kinds: StepKinds, step_type: StepType, made: Any, reason: str
) -> None:
    text, step = await run_step(client, kinds, made, step_type)
    assert text == "Hello, traveller."
    assert (step["status"], step["output"]) == ("error", {"code": "pipelines.result_invalid"})
    assert reason in step["error"]


@pytest.mark.parametrize("step_type", [StepType.PRE, StepType.TOOL])
async def test_what_no_database_takes_is_left_out_of_a_steps_texts(
    client: Client, kinds: StepKinds, step_type: StepType
) -> None:
    dirty = "a\x00b\ud800"
    made = StepResult(dirty, {dirty: [dirty]}, {"v": dirty}, (PromptPiece(dirty),), dirty, memory={"m": dirty})
    text, step = await run_step(client, kinds, made, step_type)
    assert text == "Hello, traveller."
    assert (step["status"], step["output"]) == ("done", {"ab?": ["ab?"], "text": "ab?"})
