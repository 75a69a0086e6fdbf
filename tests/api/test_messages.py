"""Editing, hiding and deleting messages and their variants, over real HTTP and both databases."""

import asyncio
import uuid
from typing import Any

import pytest

from fabula.plugins.testing import End, Hold, Say, ScriptedModel
from tests.server import Client

Json = dict[str, Any]


async def answered(client: Client, **spec: Any) -> tuple[str, list[Json]]:
    chat = await client.chat(**spec)
    await client.say(chat, "Who are you?")
    return chat, await client.messages(chat)


async def variants(client: Client, message: str) -> list[Json]:
    return list((await client.call("GET", f"/v1/messages/{message}/variants", status=200))["items"])


async def test_an_edit_is_a_new_variant_selected_at_once(client: Client, model: ScriptedModel) -> None:
    chat, (_, said, answer) = await answered(client)
    told = await client.call("PATCH", f"/v1/messages/{said['id']}", json={"promptText": "I am {{user}}."}, status=200)
    assert (told["promptText"], told["variantCount"], told["version"]) == ("I am You.", 2, said["version"] + 1)
    old, new = await variants(client, said["id"])
    assert (old["promptText"], old["isSelected"], new["kind"], new["isSelected"]) == (
        "Who are you?",
        False,
        "manual_edit",
        True,
    )
    await client.frames("POST", f"/v1/messages/{answer['id']}/regenerate")
    assert [m.content for m in model.requests[-1].messages][-1] == "I am You."
    assert (await client.messages(chat))[1] == told


async def test_one_message_is_as_its_page_shows_it(client: Client) -> None:
    _, shown = await answered(client)
    for message in shown:
        assert await client.call("GET", f"/v1/messages/{message['id']}", status=200) == message
    gone = await client.call("GET", f"/v1/messages/{uuid.uuid4()}", status=404)
    assert gone["code"] == "conversations.message_not_found"


async def test_an_edit_keeps_what_it_leaves_out(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Say("<think>hm</think>Yes."), End()]]
    _, (_, said, answer) = await answered(client)
    path = f"/v1/messages/{answer['id']}"
    told = await client.call("PATCH", path, json={"promptText": "No."}, status=200)
    assert [(b["type"], b["text"]) for b in told["blocks"]] == [("reasoning", "hm"), ("text", "No.")]
    picture = {"type": "image", "visibility": "ui_only", "blobId": "x"}
    told = await client.call("PATCH", path, json={"blocks": [picture]}, status=200)
    assert (told["promptText"], told["blocks"]) == ("No.", [picture])
    told = await client.call("PATCH", path, json={"blocks": None}, status=200)
    assert (told["promptText"], told["blocks"]) == ("No.", [])
    same = await client.call("PATCH", f"/v1/messages/{said['id']}", json={}, status=200)
    assert same == said


async def test_a_stale_version_is_refused_with_the_message_as_it_stands(client: Client) -> None:
    _, (_, said, _) = await answered(client)
    path, stale = f"/v1/messages/{said['id']}", said["version"]
    told = await client.call("PATCH", path, json={"promptText": "a", "version": stale}, status=200)
    for method, call in (
        ("PATCH", {"json": {"promptText": "b", "version": stale}}),
        ("DELETE", {"params": {"version": str(stale)}}),
    ):
        refused = await client.call(method, path, status=409, **call)
        assert (refused["code"], refused["details"]["current"]) == ("conversations.version_conflict", told)
    assert len(await variants(client, said["id"])) == 2
    await client.call("DELETE", path, params={"version": str(told["version"])}, status=204)


async def test_a_hidden_message_is_listed_and_stays_out_of_prompts(client: Client, model: ScriptedModel) -> None:
    chat, (_, said, answer) = await answered(client)
    told = await client.call("POST", f"/v1/messages/{said['id']}/hide", status=200)
    assert (told["hidden"], (await client.messages(chat))[1]["hidden"]) == (True, True)
    await client.frames("POST", f"/v1/messages/{answer['id']}/regenerate")
    assert "Who are you?" not in str(model.requests[-1].messages)
    told = await client.call("POST", f"/v1/messages/{said['id']}/hide", json={"hidden": False}, status=200)
    assert told["hidden"] is False
    await client.frames("POST", f"/v1/messages/{answer['id']}/regenerate")
    assert "Who are you?" in str(model.requests[-1].messages)


async def test_a_deleted_message_keeps_its_place_and_comes_back(client: Client) -> None:
    chat, (greeting, said, answer) = await answered(client)
    await client.call("DELETE", f"/v1/messages/{answer['id']}", status=204)
    assert [m["id"] for m in await client.messages(chat)] == [greeting["id"], said["id"]]
    assert (await client.call("GET", f"/v1/chats/{chat}", status=200))["lastMessagePreview"] == "Who are you?"
    for method, path in (("PATCH", ""), ("DELETE", ""), ("GET", "/variants"), ("POST", "/hide")):
        call = {"json": {"promptText": "x"}} if method == "PATCH" else {}
        gone = await client.call(method, f"/v1/messages/{answer['id']}{path}", status=404, **call)
        assert gone["code"] == "conversations.message_not_found"
    more = await client.call("POST", f"/v1/chats/{chat}/messages", json={"promptText": "more"}, status=201)
    assert more["seq"] == 3
    back = await client.call("POST", f"/v1/messages/{answer['id']}/restore", status=200)
    assert back["promptText"] == answer["promptText"]
    assert [m["seq"] for m in await client.messages(chat)] == [0, 1, 2, 3]


async def test_deleting_a_streaming_message_stops_the_answer_first(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    model.scripts = [[Say("half"), Hold(asyncio.Event())]]
    headers = {"X-Operation-Id": str(uuid.uuid4())}
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Go"}) as frames:
        answer = f"/v1/messages/{(await anext(frames)).data['assistantMessageId']}"
        while (await anext(frames)).event != "llm.stream.delta":
            pass
        await client.call("DELETE", answer, params={"version": "99"}, status=409)
        assert model.open_streams == 1
        await client.call("DELETE", answer, headers=headers, status=204)
        assert [frame async for frame in frames][-1].event == "llm.stream.aborted"
    await client.call("DELETE", answer, headers=headers, status=204)  # the repeat gives the first answer
    assert len(await client.messages(chat)) == 2
    back = await client.call("POST", f"{answer}/restore", status=200)
    assert (back["promptText"], back["state"]) == ("half", "settled")


async def test_a_streaming_message_is_neither_edited_nor_selected(client: Client, model: ScriptedModel) -> None:
    _, (_, _, answer) = await answered(client)
    gate = asyncio.Event()
    model.scripts = [[Say("a"), Hold(gate), End()]]
    path = f"/v1/messages/{answer['id']}"
    async with client.stream("POST", f"{path}/regenerate") as frames:
        meta = await anext(frames)
        for method, suffix, call in (
            ("PATCH", "", {"json": {"promptText": "x"}}),
            ("POST", f"/variants/{answer['selectedVariantId']}/select", {}),
        ):
            refused = await client.call(method, f"{path}{suffix}", status=409, **call)
            assert refused["code"] == "conversations.message_streaming"
        refused = await client.call("DELETE", f"{path}/variants/{meta.data['variantId']}", status=409)
        assert refused["details"]["reason"] == "streaming"
        gate.set()
        assert [frame async for frame in frames][-1].event == "llm.stream.done"


@pytest.mark.parametrize(("selected", "expected"), [(0, 1), (1, 0), (2, 1)])
async def test_deleting_the_selected_variant_selects_its_neighbour(
    client: Client, selected: int, expected: int
) -> None:
    chat = await client.chat(alternate_greetings=["Good night.", "Good morning."])
    greeting = (await client.messages(chat))[0]["id"]
    made = await variants(client, greeting)
    path = f"/v1/messages/{greeting}/variants"
    await client.call("POST", f"{path}/{made[selected]['id']}/select", status=200)
    await client.call("DELETE", f"{path}/{made[selected]['id']}", status=204)
    assert (await client.messages(chat))[0]["promptText"] == made[expected]["promptText"]
    rest = await variants(client, greeting)
    assert [v["id"] for v in rest if v["isSelected"]] == [made[expected]["id"]]
    await client.call("DELETE", f"{path}/{rest[0]['id']}", status=204)
    refused = await client.call("DELETE", f"{path}/{rest[1]['id']}", status=409)
    assert refused["details"]["reason"] == "only"


async def test_variants_are_listed_page_by_page_oldest_first(client: Client) -> None:
    chat = await client.chat(alternate_greetings=["b", "c", "d"])
    greeting = (await client.messages(chat))[0]["id"]
    texts: list[str] = []
    params: dict[str, str] = {"limit": "3"}
    while True:
        page = await client.call("GET", f"/v1/messages/{greeting}/variants", params=params, status=200)
        texts += [v["promptText"] for v in page["items"]]
        if page["nextCursor"] is None:
            break
        params["cursor"] = page["nextCursor"]
    assert texts == ["Good evening.", "b", "c", "d"]
    await client.call("GET", f"/v1/messages/{greeting}/variants", params={"cursor": "WyJ4Il0"}, status=422)


async def test_bad_bodies_name_the_field(client: Client) -> None:
    _, (_, said, _) = await answered(client)
    path = f"/v1/messages/{said['id']}"
    for body, field in (
        ({"promptText": ""}, "body.promptText"),
        ({"promptText": "a\0b"}, "body.promptText"),
        ({"promtText": "x"}, "body.promtText"),
        ({"promptText": "x", "version": "new"}, "body.version"),
    ):
        refused = await client.call("PATCH", path, json=body, status=422)
        assert refused["details"]["problems"][0]["path"] == field
