"""Chats: their fields, their deletion, copies and exports, over real HTTP and both databases."""

import asyncio
import uuid
from typing import Any

from fabula.plugins.testing import Hold, Say, ScriptedModel
from tests.server import Client

Json = dict[str, Any]


async def test_title_status_and_settings_are_changed_under_the_version(client: Client) -> None:
    chat = await client.chat()
    path = f"/v1/chats/{chat}"
    old = await client.call("GET", path, status=200)
    settings = {
        "model": "small",
        "authorNote": {"text": "Be brief.", "depth": 2},
        "vars": {"mood": "dark", "count": 3, "done": False},
    }
    change = {"title": "Harbour", "status": "archived", "settings": settings, "version": old["version"]}
    told = await client.call("PATCH", path, json=change, status=200)
    assert (told["title"], told["status"], told["settings"]) == ("Harbour", "archived", settings)
    assert told["version"] == old["version"] + 1
    refused = await client.call("PATCH", path, json={"title": "x", "version": old["version"]}, status=409)
    assert (refused["code"], refused["details"]["current"]) == ("conversations.version_conflict", told)
    assert (await client.call("PATCH", path, json={}, status=200)) == told
    told = await client.call("PATCH", path, json={"settings": {"model": None}}, status=200)
    assert (told["settings"], told["title"]) == ({}, "Harbour")


async def test_unknown_settings_are_refused_with_their_path(client: Client) -> None:
    path = f"/v1/chats/{await client.chat()}"
    for body, field in (
        ({"settings": {"modell": "x"}}, "body.settings.modell"),
        ({"settings": {"presetId": "x"}}, "body.settings.presetId"),
        ({"settings": {"authorNote": {"text": "x", "dept": 1}}}, "body.settings.authorNote.dept"),
        ({"status": "deleted"}, "body.status"),
    ):
        refused = await client.call("PATCH", path, json=body, status=422)
        assert refused["details"]["problems"][0]["path"] == field


async def test_a_chat_is_deleted_under_its_version_and_comes_back(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    path = f"/v1/chats/{chat}"
    model.scripts = [[Say("half"), Hold(asyncio.Event())]]
    async with client.stream("POST", f"{path}/messages", json={"promptText": "Go"}) as frames:
        await anext(frames)
        refused = await client.call("DELETE", path, params={"version": "7"}, status=409)
        assert refused["details"]["current"]["id"] == chat
        assert model.open_streams == 1
        await client.call("DELETE", path, params={"version": "1"}, status=204)
        assert [frame async for frame in frames][-1].event == "llm.stream.aborted"
    await client.call("GET", path, status=404)
    await client.call("GET", f"{path}/messages", status=404)
    back = await client.call("POST", f"{path}/restore", status=200)
    assert (back["status"], len(await client.messages(chat))) == ("active", 3)


async def test_a_fork_is_a_chat_of_its_own_up_to_the_message(client: Client) -> None:
    chat = await client.chat(alternate_greetings=["Good night."])
    for text in ("first", "second"):
        await client.say(chat, text)
    history = await client.messages(chat)
    body = {"messageId": history[2]["id"], "title": "Elsewhere", "variants": "all"}
    headers = {"X-Operation-Id": str(uuid.uuid4())}
    made = await client.call("POST", f"/v1/chats/{chat}/fork", json=body, headers=headers, status=201)
    again = await client.call("POST", f"/v1/chats/{chat}/fork", json=body, headers=headers, status=201)
    assert (again, made["title"], made["status"]) == (made, "Elsewhere", "active")
    copy = await client.messages(made["id"])
    assert [(m["seq"], m["role"], m["promptText"], m["author"]) for m in copy] == [
        (m["seq"], m["role"], m["promptText"], m["author"]) for m in history[:3]
    ]
    assert [m["variantCount"] for m in copy] == [2, 1, 1]
    assert {m["id"] for m in copy}.isdisjoint(m["id"] for m in history)
    await client.say(made["id"], "third")
    assert await client.messages(chat) == history
    whole = await client.call("POST", f"/v1/chats/{chat}/fork", status=201)
    assert len(await client.messages(whole["id"])) == 5


async def test_a_fork_of_what_is_not_there_is_refused(client: Client) -> None:
    chat, other = await client.chat(), await client.chat()
    theirs = (await client.messages(other))[0]["id"]
    for path, body in (
        (chat, {"messageId": theirs}),
        (chat, {"messageId": "nonsense"}),
        (str(uuid.uuid4()), {}),
    ):
        await client.call("POST", f"/v1/chats/{path}/fork", json=body, status=404)
    listed = (await client.call("GET", "/v1/chats", status=200))["items"]
    assert {c["id"] for c in listed} == {chat, other}


async def test_markdown_shows_a_branch_as_people_read_it(client: Client) -> None:
    chat = await client.chat()
    await client.say(chat, "Who are you?")
    await client.call("PATCH", f"/v1/chats/{chat}", json={"title": "Pier"}, status=200)
    async with client.http.get(f"{client.address}/v1/chats/{chat}/export?format=markdown") as answer:
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
        assert answer.headers["content-disposition"] == f'attachment; filename="chat-{chat}.md"'
        text = await answer.text()
    assert text == ("# Pier\n\n## Mira\n\nGood evening.\n\n## You\n\nWho are you?\n\n## Mira\n\nHello, traveller.\n")


async def test_json_holds_every_branch_message_and_variant(client: Client) -> None:
    chat = await client.chat(alternate_greetings=["Good night."])
    greeting = (await client.messages(chat))[0]
    line = await client.call(
        "POST", f"/v1/chats/{chat}/branches", json={"forkedFromMessageId": greeting["id"]}, status=201
    )
    body = {"promptText": "aside", "branchId": line["id"]}
    await client.call("POST", f"/v1/chats/{chat}/messages", json=body, status=201)
    found: Json = await client.call("GET", f"/v1/chats/{chat}/export", params={"format": "json"}, status=200)
    assert found["chat"] == await client.call("GET", f"/v1/chats/{chat}", status=200)
    assert [b["id"] for b in found["branches"]] == [greeting["branchId"], line["id"]]
    told = [(m["branchId"], m["promptText"], [v["promptText"] for v in m["variants"]]) for m in found["messages"]]
    assert told == [
        (greeting["branchId"], "Good evening.", ["Good evening.", "Good night."]),
        (line["id"], "aside", ["aside"]),
    ]
    refused = await client.call("GET", f"/v1/chats/{chat}/export", params={"format": "docx"}, status=422)
    assert refused["details"]["problems"][0]["path"] == "query.format"
    await client.call("GET", f"/v1/chats/{uuid.uuid4()}/export", status=404)


async def test_changes_are_told_as_events(client: Client) -> None:
    chat = await client.chat()
    subscription = client.fabula.bus.subscribe(client.fabula.owner.workspace, None)
    said = await client.call("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Hi"}, status=201)
    await client.call("PATCH", f"/v1/messages/{said['id']}", json={"promptText": "Ho"}, status=200)
    await client.call("PATCH", f"/v1/chats/{chat}", json={"title": "Pier"}, status=200)
    told = [(item.event.type, dict(item.event.data)) for item in await subscription.take() or ()]
    assert told == [
        ("message.added", {"chatId": chat, "branchId": said["branchId"], "messageId": said["id"]}),
        ("chat.changed", {"chatId": chat, "messageId": said["id"]}),
        ("chat.changed", {"chatId": chat}),
    ]
