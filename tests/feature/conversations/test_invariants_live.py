"""Random walks of answers that begin and end on many branches at once: a branch has at most one, wherever they begin."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fabula.plugins.testing import End, Hold, Say, ScriptedModel
from tests.conftest import Place, times
from tests.server import Client, running

BRANCHES = 3
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reply", "regenerate", "run", "crowd", "abort", "finish"]), st.integers(0, BRANCHES - 1)
    ),
    min_size=5,
    max_size=25,
)


class Stage:
    """Branches of one chat, each with a message that is answered, and the answers that are under way."""

    def __init__(self, client: Client, model: ScriptedModel) -> None:
        self.client = client
        self.model = model
        self.gate = asyncio.Event()
        self.live: dict[str, str] = {}
        self.answered: dict[str, str] = {}

    async def set_up(self) -> None:
        call = self.client.call
        self.model.scripts = [[Say("Once."), End()]]
        self.chat = await self.client.chat()
        definition = {"steps": [{"name": "answer", "type": "llm"}]}
        self.pipeline = (await call("POST", "/v1/pipelines", json={"name": "P", "definition": definition}))["id"]
        greeting = (await self.client.messages(self.chat))[0]["id"]
        for _ in range(BRANCHES):
            body = {"forkedFromMessageId": greeting}
            branch = (await call("POST", f"/v1/chats/{self.chat}/branches", json=body, status=201))["id"]
            said = {"promptText": "Hello", "branchId": branch}
            frames = await self.client.frames("POST", f"/v1/chats/{self.chat}/messages", json=said)
            self.answered[branch] = frames[0].data["assistantMessageId"]
        self.hold()

    def hold(self) -> None:
        """Answers begin, and wait for the next `finish`."""
        self.gate = asyncio.Event()
        self.model.scripts = [[Say("On"), Hold(self.gate), Say("ce."), End()]]

    async def begin(self, how: str, branch: str) -> tuple[int, dict[str, Any]]:
        path, body = {
            "reply": (f"/v1/chats/{self.chat}/generate", {"mode": "reply", "branchId": branch}),
            "regenerate": (f"/v1/messages/{self.answered[branch]}/regenerate", {"branchId": branch}),
            "run": (f"/v1/pipelines/{self.pipeline}/run", {"chatId": self.chat, "branchId": branch}),
        }[how]
        async with self.client.http.post(self.client.address + path, json=body) as answer:
            found = await answer.json()
            return answer.status, {**found, "generation": found.get("generationId") or found.get("id")}

    async def step(self, kind: str, branch: str) -> None:
        if kind in {"abort", "finish"}:
            await self.end(kind, branch)
            return
        hows = ["reply", "regenerate", "run"] * 2 if kind == "crowd" else [kind]
        answers = await asyncio.gather(*(self.begin(how, branch) for how in hows))
        begun = [found["generation"] for status, found in answers if status == 202]
        assert len(begun) == (branch not in self.live), answers
        self.live.update((branch, generation) for generation in begun)
        for status, found in answers:
            if status != 202:
                assert (status, found["code"]) == (409, "generation.in_progress")
                assert found["details"]["generationId"] == self.live[branch]

    async def end(self, kind: str, branch: str) -> None:
        """Stop the answer of one branch, or let all come to their end."""
        if kind == "abort":
            ending = [self.live.pop(branch)] if branch in self.live else []
            for generation in ending:
                await self.client.call("POST", f"/v1/generations/{generation}/abort", status=202)
        else:
            ending = list(self.live.values())
            self.live.clear()
            self.gate.set()
        for generation in ending:
            await self.client.frames("GET", f"/v1/generations/{generation}/events")
        if kind == "finish":  # and no sooner: an answer may ask the model after the gate is open
            self.hold()

    async def check(self) -> None:
        streaming = await self.client.call("GET", f"/v1/generations?status=streaming&chatId={self.chat}")
        assert {found["id"] for found in streaming["items"]} == set(self.live.values())
        for branch, generation in self.live.items():
            states = [m["state"] for m in await self.client.messages(self.chat, branchId=branch)]
            assert states.count("streaming") == 1, (branch, generation, states)


@pytest.fixture
async def client(place: Place, model: ScriptedModel) -> AsyncIterator[Client]:
    async with running(place, model, flush_seconds=0.1) as found:
        yield found


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@settings(max_examples=times(8), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
async def test_a_branch_has_one_live_answer_at_most(
    client: Client, model: ScriptedModel, steps: list[tuple[str, int]]
) -> None:
    stage = Stage(client, model)
    await stage.set_up()
    branches = list(stage.answered)
    for kind, at in steps:
        await stage.step(kind, branches[at])
        await stage.check()
    await stage.end("finish", branches[0])
    await stage.check()
