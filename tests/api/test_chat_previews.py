"""`lastMessagePreview` and `lastMessageAt` are of the last message that the active branch shows, whatever is written."""

import asyncio
from collections.abc import Sequence
from typing import Any

from fabula.plugins.testing import End, Hold, Say, ScriptedModel, Step
from tests.server import Client

Json = dict[str, Any]


def says(*texts: str) -> list[Sequence[Step]]:
    return [[Say(text), End()] for text in texts]


async def last(client: Client, chat: str) -> tuple[str, str]:
    """The preview, and when the last message was written."""
    found = await client.call("GET", f"/v1/chats/{chat}", status=200)
    return found["lastMessagePreview"], found["lastMessageAt"]


async def preview(client: Client, chat: str) -> str:
    return (await last(client, chat))[0]


async def post(client: Client, chat: str, text: str, **body: str) -> Json:
    wish = {"promptText": text, **body}
    made: Json = await client.call("POST", f"/v1/chats/{chat}/messages", json=wish, status=201)
    return made


async def fork(client: Client, chat: str, message: Json, **body: str) -> str:
    wish = {"forkedFromMessageId": message["id"], **body}
    return str((await client.call("POST", f"/v1/chats/{chat}/branches", json=wish, status=201))["id"])


async def activate(client: Client, chat: str, branch: str) -> None:
    await client.call("POST", f"/v1/chats/{chat}/branches/{branch}/activate", status=200)


async def regenerate(client: Client, message: Json, **body: str) -> None:
    await client.frames("POST", f"/v1/messages/{message['id']}/regenerate", json=body)


async def test_a_new_answer_is_the_preview(client: Client, model: ScriptedModel) -> None:
    model.scripts = says("One.", "Two.")
    chat = await client.chat()
    assert await preview(client, chat) == "Good evening."
    await client.say(chat, "first")
    before = await last(client, chat)
    assert before[0] == "One."
    await regenerate(client, (await client.messages(chat))[2])
    after = await last(client, chat)
    assert (after[0], after[1] > before[1]) == ("Two.", True)


async def test_an_old_answer_written_again_is_not_the_preview(client: Client, model: ScriptedModel) -> None:
    model.scripts = says("One.", "Two.")
    chat = await client.chat()
    await client.say(chat, "first")
    await post(client, chat, "LAST SAID")
    before = await client.call("GET", f"/v1/chats/{chat}", status=200)
    await regenerate(client, (await client.messages(chat))[2])
    after = await client.call("GET", f"/v1/chats/{chat}", status=200)
    assert after["updatedAt"] > before["updatedAt"]
    assert {**after, "updatedAt": before["updatedAt"]} == before


async def test_what_another_branch_gets_is_not_the_preview(client: Client, model: ScriptedModel) -> None:
    model.scripts = says("One.", "Aside.")
    chat = await client.chat()
    await client.say(chat, "first")
    before = await last(client, chat)
    aside = await fork(client, chat, (await client.messages(chat))[1])
    await post(client, chat, "on B", branchId=aside)
    assert await last(client, chat) == before
    await client.frames("POST", f"/v1/chats/{chat}/messages", json={"promptText": "and this", "branchId": aside})
    assert await last(client, chat) == before
    await activate(client, chat, aside)
    assert await preview(client, chat) == "Aside."
    await post(client, chat, "on B again", branchId=aside)
    assert await preview(client, chat) == "on B again"


async def test_the_message_a_branch_forks_at_is_its_last_until_it_has_its_own(
    client: Client, model: ScriptedModel
) -> None:
    model.scripts = says("One.", "Two.", "Three.", "Four.")
    chat = await client.chat()
    await client.say(chat, "first")
    answer = (await client.messages(chat))[2]
    await client.say(chat, "second")
    main = answer["branchId"]
    aside = await fork(client, chat, answer, forkedFromVariantId=answer["selectedVariantId"])
    await activate(client, chat, aside)
    assert await preview(client, chat) == "One."
    await regenerate(client, answer, branchId=aside)
    assert await preview(client, chat) == "Three."
    await regenerate(client, answer, branchId=main)  # which the pin hides here
    assert await preview(client, chat) == "Three."
    await activate(client, chat, main)
    assert await preview(client, chat) == "Two."


async def test_a_deleted_message_is_not_the_last(client: Client, model: ScriptedModel) -> None:
    model.scripts = says("One.", "Two.")
    chat = await client.chat()
    await client.say(chat, "first")
    gone = await post(client, chat, "gone")
    await client.call("DELETE", f"/v1/messages/{gone['id']}", status=204)
    await regenerate(client, (await client.messages(chat))[2])
    assert await preview(client, chat) == "Two."


async def test_an_answer_that_settles_after_a_branch_was_activated_is_not_the_preview(
    client: Client, model: ScriptedModel
) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("Late"), Hold(gate), End()]]
    chat = await client.chat()
    greeting = (await client.messages(chat))[0]
    aside = await fork(client, chat, greeting)
    generation = await client.call(
        "POST", f"/v1/chats/{chat}/generate", json={"branchId": greeting["branchId"]}, status=202
    )
    await activate(client, chat, aside)
    gate.set()
    await client.frames("GET", f"/v1/generations/{generation['id']}/events")
    assert await preview(client, chat) == "Good evening."
    await activate(client, chat, greeting["branchId"])
    assert await preview(client, chat) == "Late"


async def hide(client: Client, message: Json) -> None:
    await client.call("POST", f"/v1/messages/{message['id']}/hide", status=200)


async def test_an_answer_before_hidden_messages_is_the_last(client: Client, model: ScriptedModel) -> None:
    model.scripts = says("One.", "Two.", "Hidden.")
    chat = await client.chat()
    await client.say(chat, "first")
    answer = (await client.messages(chat))[2]
    aside = await post(client, chat, "aside")
    await hide(client, aside)
    assert await preview(client, chat) == "One."
    await regenerate(client, answer)
    assert await preview(client, chat) == "Two."
    await hide(client, answer)
    assert await preview(client, chat) == "first"
    await regenerate(client, answer)
    assert await preview(client, chat) == "first"


async def test_a_hidden_message_is_not_the_last_of_a_copy(client: Client) -> None:
    chat = await client.chat()
    await hide(client, await post(client, chat, "hidden"))
    copy = await client.call("POST", f"/v1/chats/{chat}/fork", status=201)
    assert copy["lastMessagePreview"] == "Good evening."


async def test_an_answer_that_was_stopped_before_it_said_anything_is_not_the_last(
    client: Client, model: ScriptedModel
) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("One."), End()], [Hold(gate), End()]]
    chat = await client.chat()
    await client.say(chat, "first")
    answer = (await client.messages(chat))[2]
    pins = await fork(client, chat, answer, forkedFromVariantId=answer["selectedVariantId"])
    await activate(client, chat, pins)
    for branch in (pins, answer["branchId"]):
        await activate(client, chat, branch)
        assert await preview(client, chat) == "One."
        path, wish = f"/v1/messages/{answer['id']}/regenerate", {"branchId": branch}
        generation = (await client.call("POST", path, json=wish, status=202))["id"]
        await client.call("POST", f"/v1/generations/{generation}/abort", status=202)
        assert await preview(client, chat) == "first"


async def test_a_chat_that_shows_nothing_has_no_preview(client: Client) -> None:
    chat = await client.chat()
    await client.call("DELETE", f"/v1/messages/{(await client.messages(chat))[0]['id']}", status=204)
    assert (await client.call("GET", f"/v1/chats/{chat}", status=200))["lastMessagePreview"] is None
