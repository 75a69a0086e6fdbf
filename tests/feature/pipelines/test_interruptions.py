"""A process that ends in the middle of a pipeline: what the next one finds."""

import asyncio
from typing import Any

from fabula.core.ids import GenerationId, InstanceId, uuid7
from fabula.db import WriteTx
from fabula.features.generation.tables import llm_generations
from fabula.features.generation.turn.settle import interrupt_orphans
from fabula.plugins.testing import End, Hold, Say, ScriptedModel
from tests.conftest import Place
from tests.server import Client, running

STEPS: list[dict[str, Any]] = [
    {"name": "set", "type": "pre", "params": {"variables": [{"name": "x", "value": "1"}]}},
    {"name": "ask", "type": "pre", "use": "ask", "params": {"prompt": "?"}},
    {"name": "answer", "type": "llm"},
]


async def start(client: Client, model: ScriptedModel) -> str:
    """A turn that waits in a step before the answer; its generation."""
    made = await client.call("POST", "/v1/pipelines", json={"name": "P", "definition": {"steps": STEPS}}, status=201)
    body = {"chatId": await client.chat()}
    run = await client.call("POST", f"/v1/pipelines/{made['id']}/run", json=body, status=202)
    async with asyncio.timeout(20):
        while not model.open_streams:
            await asyncio.sleep(0.01)
    return str(run["generationId"])


async def trace_of(client: Client, generation: str) -> dict[str, Any]:
    return dict(await client.call("GET", f"/v1/generations/{generation}/trace", status=200))


async def test_a_server_that_stops_leaves_no_step_running(place: Place) -> None:
    model = ScriptedModel([[Hold(asyncio.Event()), End()]])
    async with running(place, model) as client:
        generation = await start(client, model)
    async with running(place, ScriptedModel()) as client:
        trace = await trace_of(client, generation)
    assert (trace["run"]["status"], trace["generation"]["status"]) == ("interrupted", "interrupted")
    assert [(s["name"], s["status"]) for s in trace["steps"]] == [
        ("set", "done"),
        ("ask", "error"),
        ("answer", "skipped"),
    ]


async def test_a_server_that_dies_leaves_no_step_running(place: Place) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([[Hold(gate), Say("late"), End()], [Say("Hi."), End()]])
    async with running(place, model) as client:
        generation = await start(client, model)
        await client.fabula.db.system("a test's own", _orphan, GenerationId(generation), InstanceId(uuid7()))
        assert await client.fabula.db.system("reaper: generations", interrupt_orphans) == 1
        gate.set()  # the dead one wakes up, and finds that it is dead
        frames = await client.frames("GET", f"/v1/generations/{generation}/events")
        assert (frames[-1].event, frames[-1].data["code"]) == ("llm.stream.error", "generation.interrupted")
        trace = await trace_of(client, generation)
        assert trace["run"]["status"] == "interrupted"
        assert "running" not in {step["status"] for step in trace["steps"]}


def _orphan(tx: WriteTx, generation: GenerationId, owner: InstanceId) -> None:
    """As if the process that writes it were another one, and gone."""
    tx.execute(llm_generations.update().where(llm_generations.c.id == generation).values(owner=owner))
