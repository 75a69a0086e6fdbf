"""What stops something does so once per operation id: a repeat, or a request that is refused, stops nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench.cast import form
from bench.things import PIXEL
from fabula.plugins.testing import End, Hold, Say, ScriptedModel
from tests.conftest import Place
from tests.server import Client, running

NAMED = {"X-Operation-Id": "op-1"}


@asynccontextmanager
async def streaming(client: Client, model: ScriptedModel, path: str) -> AsyncIterator[str]:
    """An answer that `path` begins, in the middle of which the caller is."""
    gate = asyncio.Event()
    model.scripts = [[Say("part"), Hold(gate), End()]]
    generation = (await client.call("POST", path, status=202))["id"]
    async with client.stream("GET", f"/v1/generations/{generation}/events") as frames:
        while (await anext(frames)).event != "llm.stream.delta":
            pass
        yield generation
        gate.set()
        assert [frame.event async for frame in frames][-1] in {"llm.stream.done", "llm.stream.aborted"}


async def status_of(client: Client, generation: str) -> str:
    return str((await client.call("GET", f"/v1/generations/{generation}", status=200))["status"])


@pytest.mark.parametrize("what", ["chat", "message", "branch"])
async def test_a_repeated_delete_stops_no_later_answer(client: Client, model: ScriptedModel, what: str) -> None:
    chat = await client.chat()
    greeting = (await client.messages(chat))[0]["id"]
    fork = {"forkedFromMessageId": greeting}
    aside = (await client.call("POST", f"/v1/chats/{chat}/branches", json=fork, status=201))["id"]
    path = {
        "chat": f"/v1/chats/{chat}",
        "message": f"/v1/messages/{greeting}",
        "branch": f"/v1/chats/{chat}/branches/{aside}",
    }[what]
    await client.call("DELETE", path, headers=NAMED, status=204)
    await client.call("POST", f"{path}/restore", status=200)
    if what == "branch":
        await client.call("POST", f"{path}/activate", status=200)
    begin = f"/v1/messages/{greeting}/regenerate" if what == "message" else f"/v1/chats/{chat}/generate"
    async with streaming(client, model, begin) as generation:
        if what == "branch":
            main = (await client.call("GET", f"/v1/chats/{chat}/branches", status=200))["items"][0]["id"]
            await client.call("POST", f"/v1/chats/{chat}/branches/{main}/activate", status=200)
        await client.call("DELETE", path, headers=NAMED, status=204)
        assert await status_of(client, generation) == "streaming"


async def test_a_refused_delete_stops_nothing(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    await client.call("PATCH", f"/v1/chats/{chat}", json={"title": "One"}, headers=NAMED, status=200)
    async with streaming(client, model, f"/v1/chats/{chat}/generate") as generation:
        refused = await client.call("DELETE", f"/v1/chats/{chat}", headers=NAMED, status=409)
        assert refused["code"] == "operations.mismatch"
        assert await status_of(client, generation) == "streaming"


async def test_an_abort_is_an_operation(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    async with streaming(client, model, f"/v1/chats/{chat}/generate") as generation:
        abort = f"/v1/generations/{generation}/abort"
        stopped = await client.call("POST", abort, headers=NAMED, status=202)
        assert stopped["status"] == "aborted"
    assert await client.call("POST", abort, headers=NAMED, status=202) == stopped
    async with streaming(client, model, f"/v1/chats/{chat}/generate") as another:
        refused = await client.call("POST", f"/v1/generations/{another}/abort", headers=NAMED, status=409)
        assert refused["code"] == "operations.mismatch"
        assert await status_of(client, another) == "streaming"


async def test_a_repeated_cancel_does_not_stop_a_job_that_was_tried_again(place: Place, model: ScriptedModel) -> None:
    async with running(place, model, jobs=True, role="api") as client:  # where nothing runs what is enqueued
        avatar, kind = form("file", "a.png", PIXEL)
        profile, headers = await client.profile(), {"content-type": kind}
        await client.call("PUT", f"/v1/entity-profiles/{profile}/avatar", data=avatar, headers=headers, status=200)
        job = (await client.call("GET", "/v1/jobs", status=200))["items"][0]["id"]
        await client.call("POST", f"/v1/jobs/{job}/cancel", headers=NAMED, status=202)
        await client.call("POST", f"/v1/jobs/{job}/retry", status=202)
        again = await client.call("POST", f"/v1/jobs/{job}/cancel", headers=NAMED, status=202)
        assert again["status"] == "cancelled"
        assert (await client.call("GET", f"/v1/jobs/{job}", status=200))["status"] == "queued"


async def test_an_empty_operation_id_is_refused(client: Client) -> None:
    chat = await client.chat()
    refused = await client.call("PATCH", f"/v1/chats/{chat}", json={}, headers={"X-Operation-Id": ""}, status=422)
    assert refused["details"]["problems"][0]["path"] == "header.X-Operation-Id"
