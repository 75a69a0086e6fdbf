"""What goes wrong at the model ends in a clear frame, keeps the text, and leaves the server as it was."""

import asyncio

import pytest

from bench.streams import ABORTED, ERROR, Heard, listen
from bench.turn_load import abort, make_chats
from bench.upstream import expected_text
from tests.feature.reliability.conftest import Connect, Serve

# The faults are the model's; which database keeps the text makes no difference.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("lane", ["sqlite"], indirect=True)]
# Only of what is silent: anything else may take as long as a busy machine needs.
IMPATIENT = {
    "fake-slow@30": {"FABULA_MODEL_FIRST_SECONDS": "0.4"},
    "fake-stall@3": {"FABULA_MODEL_SILENCE_SECONDS": "0.4"},
}


@pytest.mark.parametrize(
    ("model", "code", "kept"),
    [
        ("fake-refuse", "model.unreachable", 0),
        ("fake-slow@30", "model.timeout", 0),
        ("fake-stall@3", "model.timeout", 3),
        ("fake-cut@5", "model.cut", 5),
        ("fake-garbage@7", "model.garbage", 7),
        ("fake-429", "model.rejected", 0),
        ("fake-500", "model.rejected", 0),
    ],
)
async def test_a_fault_is_told_and_what_came_is_kept(
    serve: Serve, connect: Connect, model: str, code: str, kept: int
) -> None:
    http = connect(serve(model, **IMPATIENT.get(model, {})))
    (chat,) = await make_chats(http, 1)
    path = f"/v1/chats/{chat}/messages"
    for _ in range(2):  # the second time shows that the branch and the server are free again
        heard = Heard()
        async with asyncio.timeout(30):
            await listen(http, heard, "POST", path, body={"promptText": "Count."})
        assert (heard.how_ended(), heard.faults) == ((ERROR, code), [])
        # What was still unread when a connection broke is lost with it.
        assert expected_text(kept).startswith(heard.text) if code == "model.cut" else heard.text == expected_text(kept)
        async with http.get(path) as answer:
            last = (await answer.json())["items"][-1]
        assert (last["state"], last["promptText"]) == ("error", heard.text)


async def test_an_endless_answer_is_stopped_and_kept(serve: Serve, connect: Connect) -> None:
    http = connect(serve("fake-endless"))
    (chat,) = await make_chats(http, 1)
    path, heard = f"/v1/chats/{chat}/messages", Heard()
    task = asyncio.create_task(listen(http, heard, "POST", path, body={"promptText": "Count."}))
    async with asyncio.timeout(30):
        while not heard.text:
            await asyncio.sleep(0.01)
        assert heard.meta is not None
        await abort(http, heard.meta.generation_id)
        await task
    assert (heard.how_ended(), heard.faults) == ((ABORTED, ""), [])
    async with http.get(path) as answer:
        last = (await answer.json())["items"][-1]
    assert (last["state"], last["promptText"]) == ("settled", heard.text)
    assert expected_text(len(heard.text) // 4) == heard.text
