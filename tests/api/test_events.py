"""The workspace's events go on where a client was, or say that it must fetch everything again."""

import pytest

from tests.server import Client, Frame


async def rename(client: Client, chat: str, title: str) -> None:
    await client.call("PATCH", f"/v1/chats/{chat}", json={"title": title}, status=200)


async def first(client: Client, last_id: str) -> Frame:
    async with client.stream("GET", "/v1/events", headers={"Last-Event-ID": last_id}) as events:
        return await anext(events)


@pytest.mark.parametrize("last_id", ["another.1", "x", "a" * 3_000])
async def test_an_unknown_id_is_told_to_resync_and_goes_on_from_there(client: Client, last_id: str) -> None:
    chat = await client.chat()
    told = await first(client, last_id)
    assert told.event == "workspace.resync"
    await rename(client, chat, "While nobody listened")
    assert (await first(client, told.id)).event == "chat.changed"


@pytest.mark.parametrize("number", ["", "-1", "9" * 5_000, "999999"])
async def test_an_id_of_ours_that_never_was_is_unknown(client: Client, number: str) -> None:
    chat = await client.chat()
    async with client.stream("GET", "/v1/events") as events:
        await rename(client, chat, "One")
        epoch = (await anext(events)).id.partition(".")[0]
    assert (await first(client, f"{epoch}.{number}")).event == "workspace.resync"


async def test_a_long_id_of_another_stream_is_the_start_of_an_answer(client: Client) -> None:
    generation = (await client.say(await client.chat()))[0].data["generationId"]
    path = f"/v1/generations/{generation}/events"
    frames = await client.frames("GET", path, headers={"Last-Event-ID": "7" * 3_000})
    assert [frame.event for frame in frames] == ["llm.stream.meta", "llm.stream.delta", "llm.stream.done"]
