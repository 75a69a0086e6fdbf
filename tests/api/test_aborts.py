"""An answer that is stopped twice is stopped once: its provider is let go in peace, and its trace is whole."""

import asyncio
from collections.abc import AsyncGenerator

from fabula.plugins import ChatBatch, ChatRequest
from fabula.plugins.testing import End, Hold, ScriptedModel
from tests.conftest import Place
from tests.server import running


class Lingering(ScriptedModel):
    """Takes a while to let go of its provider."""

    let_go = False

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatBatch]:
        try:
            async for batch in super().stream(request):
                yield batch
        finally:
            await asyncio.sleep(0.2)
            self.let_go = True


async def test_a_second_abort_does_not_cut_the_first_short(place: Place) -> None:
    model = Lingering([[Hold(asyncio.Event()), End()]])
    async with running(place, model) as client:
        chat = await client.chat()
        generation = (await client.call("POST", f"/v1/chats/{chat}/generate", status=202))["id"]
        while not model.open_streams:
            await asyncio.sleep(0.01)
        abort = f"/v1/generations/{generation}/abort"
        answers = await asyncio.gather(*(client.call("POST", abort, status=202) for _ in range(3)))
        assert {answer["status"] for answer in answers} == {"aborted"}
        assert model.let_go
        trace = await client.call("GET", f"/v1/generations/{generation}/trace", status=200)
        assert [step["name"] for step in trace["steps"]] == ["prompt", "answer", "finish"]
        assert trace["prompt"]
