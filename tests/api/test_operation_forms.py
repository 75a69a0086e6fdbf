"""An operation id repeated with another `Accept` header: one effect, and never an answer that says nothing."""

from typing import Any

import pytest

from fabula.plugins.testing import ScriptedModel
from tests.server import Client

NAMED = {"X-Operation-Id": "op-1"}
STREAMED = {**NAMED, "accept": "text/event-stream"}
ONCE = {"promptText": "once"}


async def told(client: Client, chat: str) -> list[tuple[int, str]]:
    return [(m["seq"], m["role"]) for m in await client.messages(chat)]


async def test_a_message_that_was_stored_is_not_posted_again_as_a_stream(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    path = f"/v1/chats/{chat}/messages"
    stored = await client.call("POST", path, json=ONCE, headers=NAMED, status=201)
    refused = await client.call("POST", path, json=ONCE, headers=STREAMED, status=409)
    assert refused["code"] == "operations.mismatch"
    assert await client.call("POST", path, json=ONCE, headers=NAMED, status=201) == stored
    assert await told(client, chat) == [(0, "assistant"), (1, "user")]
    assert model.requests == []


async def test_a_message_that_was_answered_is_not_posted_again_to_be_stored(
    client: Client, model: ScriptedModel
) -> None:
    chat = await client.chat()
    path = f"/v1/chats/{chat}/messages"
    streamed = await client.say(chat, "once", headers=NAMED)
    refused = await client.call("POST", path, json=ONCE, headers=NAMED, status=409)
    assert refused["code"] == "operations.mismatch"
    again = await client.say(chat, "once", headers=NAMED)
    assert again[0] == streamed[0]
    assert await told(client, chat) == [(0, "assistant"), (1, "user"), (2, "assistant")]
    assert len(model.requests) == 1


@pytest.mark.parametrize("asked", ["regenerate", "reply", "continue", "impersonate"])
@pytest.mark.parametrize("first", ["stream", "json"])
async def test_an_answer_begun_in_one_form_is_attached_to_in_the_other(
    client: Client, model: ScriptedModel, asked: str, first: str
) -> None:
    chat = await client.chat()
    await client.say(chat)
    answer = (await client.messages(chat))[-1]["id"]
    body: dict[str, Any] = {} if asked == "regenerate" else {"mode": asked}
    path = f"/v1/messages/{answer}/regenerate" if asked == "regenerate" else f"/v1/chats/{chat}/generate"

    async def begin(form: str) -> str:
        if form == "json":
            return str((await client.call("POST", path, json=body, headers=NAMED, status=202))["id"])
        return str((await client.frames("POST", path, json=body, headers=NAMED))[0].data["generationId"])

    generation = await begin(first)
    await client.frames("GET", f"/v1/generations/{generation}/events")
    assert await begin("json" if first == "stream" else "stream") == generation
    assert len(model.requests) == 2
