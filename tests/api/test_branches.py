"""Branches and pins, over real HTTP and both databases."""

import asyncio
import uuid
from typing import Any

from fabula.plugins.testing import End, Hold, Say, ScriptedModel
from tests.server import Client

Json = dict[str, Any]


async def fork(client: Client, chat: str, message: Json, *, status: int = 201, **body: Any) -> Json:
    wish = {"forkedFromMessageId": message["id"], **body}
    made: Json = await client.call("POST", f"/v1/chats/{chat}/branches", json=wish, status=status)
    return made


async def variants(client: Client, message: str, **params: str) -> list[Json]:
    page = await client.call("GET", f"/v1/messages/{message}/variants", params=params, status=200)
    return list(page["items"])


async def test_a_branch_shows_its_ancestors_up_to_and_including_the_fork_message(client: Client) -> None:
    chat = await client.chat()
    for text in ("first", "second"):
        await client.say(chat, text)
    history = await client.messages(chat)
    made = await fork(client, chat, history[2], title="What if")
    assert made == {
        "id": made["id"],
        "chatId": chat,
        "title": "What if",
        "parentBranchId": history[0]["branchId"],
        "forkedFromMessageId": history[2]["id"],
        "forkedFromVariantId": None,
        "isActive": False,
        "createdAt": made["createdAt"],
    }
    await client.call(
        "POST", f"/v1/chats/{chat}/messages", json={"promptText": "aside", "branchId": made["id"]}, status=201
    )
    line = await client.messages(chat, branchId=made["id"])
    assert [m["id"] for m in line[:3]] == [m["id"] for m in history[:3]]
    assert [(m["seq"], m["promptText"]) for m in line[3:]] == [(3, "aside")]
    assert await client.messages(chat) == history


async def test_the_parent_is_the_branch_that_owns_the_fork_message(client: Client) -> None:
    chat = await client.chat()
    await client.say(chat)
    history = await client.messages(chat)
    child = await fork(client, chat, history[-1])
    await client.call("POST", f"/v1/chats/{chat}/branches/{child['id']}/activate", status=200)
    grandchild = await fork(client, chat, history[1])
    assert grandchild["parentBranchId"] == history[0]["branchId"]


async def test_a_branch_is_renamed_activated_and_listed(client: Client) -> None:
    chat = await client.chat()
    greeting = (await client.messages(chat))[0]
    made = await fork(client, chat, greeting)
    path = f"/v1/chats/{chat}/branches/{made['id']}"
    assert (await client.call("PATCH", path, json={"title": "Night"}, status=200))["title"] == "Night"
    assert (await client.call("POST", f"{path}/activate", status=200))["isActive"] is True
    assert (await client.call("GET", f"/v1/chats/{chat}", status=200))["activeBranchId"] == made["id"]
    listed = (await client.call("GET", f"/v1/chats/{chat}/branches", status=200))["items"]
    assert [(b["title"], b["isActive"]) for b in listed] == [("main", False), ("Night", True)]
    first = await client.call("GET", f"/v1/chats/{chat}/branches", params={"limit": 1}, status=200)
    after = {"limit": 1, "cursor": first["nextCursor"]}
    second = await client.call("GET", f"/v1/chats/{chat}/branches", params=after, status=200)
    assert ([b["title"] for b in second["items"]], second["nextCursor"]) == (["Night"], None)
    await client.say(chat, "Who is there?")
    assert [m["branchId"] for m in await client.messages(chat)][1:] == [made["id"]] * 2


async def test_the_active_branch_and_one_with_children_are_not_deleted(client: Client) -> None:
    chat = await client.chat()
    greeting = (await client.messages(chat))[0]
    made = await fork(client, chat, greeting)
    main, path = greeting["branchId"], f"/v1/chats/{chat}/branches"
    refused = await client.call("DELETE", f"{path}/{main}", status=409)
    assert refused["code"] == "conversations.branch_active"
    await client.call("POST", f"{path}/{made['id']}/activate", status=200)
    refused = await client.call("DELETE", f"{path}/{main}", status=409)
    assert refused["code"] == "conversations.branch_has_children"
    await client.call("POST", f"{path}/{main}/activate", status=200)
    await client.call("DELETE", f"{path}/{made['id']}", status=204)
    gone = await client.call("GET", f"/v1/chats/{chat}/messages", params={"branchId": made["id"]}, status=404)
    assert gone["code"] == "conversations.branch_not_found"
    assert (await client.call("POST", f"{path}/{made['id']}/restore", status=200))["id"] == made["id"]
    assert len(await client.messages(chat, branchId=made["id"])) == 1


async def test_a_pin_shows_its_variant_on_its_branch_only(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Say("one"), End()], [Say("two"), End()], [Say("done"), End()]]
    chat = await client.chat()
    await client.say(chat)
    answer = (await client.messages(chat))[-1]
    await client.frames("POST", f"/v1/messages/{answer['id']}/regenerate")
    one, _ = await variants(client, answer["id"])
    pinned = (await fork(client, chat, answer, forkedFromVariantId=one["id"]))["id"]
    following = (await fork(client, chat, answer))["id"]
    shown = [(await client.messages(chat, branchId=b))[-1]["promptText"] for b in (pinned, following)]
    assert shown == ["one", "two"]
    alone = [
        (await client.call("GET", f"/v1/messages/{answer['id']}", params=of, status=200))["promptText"]
        for of in ({"branchId": pinned}, {"branchId": following}, {})
    ]
    assert alone == [*shown, shown[1]]
    marks = [v["isSelected"] for v in await variants(client, answer["id"], branchId=pinned)]
    assert marks == [True, False]
    body = {"promptText": "And now?", "branchId": pinned}
    await client.frames("POST", f"/v1/chats/{chat}/messages", json=body)
    assert [m.content for m in model.requests[-1].messages][-2:] == ["one", "And now?"]
    refused = await client.call("DELETE", f"/v1/messages/{answer['id']}/variants/{one['id']}", status=409)
    assert (refused["code"], refused["details"]["reason"]) == ("conversations.variant_in_use", "pinned")


async def test_select_edit_and_regenerate_move_the_pin_there_and_the_selection_elsewhere(
    client: Client, model: ScriptedModel
) -> None:
    chat = await client.chat(alternate_greetings=["Good night."])
    greeting = (await client.messages(chat))[0]
    evening, night = await variants(client, greeting["id"])
    pinned = (await fork(client, chat, greeting, forkedFromVariantId=night["id"]))["id"]

    async def shown() -> tuple[str, str]:
        lines = [await client.messages(chat), await client.messages(chat, branchId=pinned)]
        return lines[0][0]["promptText"], lines[1][0]["promptText"]

    path = f"/v1/messages/{greeting['id']}"
    assert await shown() == ("Good evening.", "Good night.")
    told = await client.call("POST", f"{path}/variants/{evening['id']}/select", params={"branchId": pinned}, status=200)
    assert (told["selectedVariantId"], await shown()) == (evening["id"], ("Good evening.", "Good evening."))
    told = await client.call("PATCH", path, json={"promptText": "Good dawn.", "branchId": pinned}, status=200)
    assert (told["promptText"], told["variantCount"], await shown()) == (
        "Good dawn.",
        3,
        ("Good evening.", "Good dawn."),
    )
    await client.call("POST", f"{path}/variants/{night['id']}/select", status=200)
    assert await shown() == ("Good night.", "Good dawn.")
    gate = asyncio.Event()
    model.scripts = [[Say("Good"), Hold(gate), Say(" noon."), End()]]
    started = await client.call("POST", f"{path}/regenerate", json={"branchId": pinned}, status=202)
    on_main = (await client.messages(chat))[0]
    assert (on_main["state"], on_main["promptText"]) == ("settled", "Good night.")
    assert (await client.messages(chat, branchId=pinned))[0]["state"] == "streaming"
    gate.set()
    await client.frames("GET", f"/v1/generations/{started['id']}/events")
    assert await shown() == ("Good night.", "Good noon.")


async def test_a_branch_that_does_not_show_the_message_is_refused_with_the_field(client: Client) -> None:
    chat = await client.chat()
    await client.say(chat)
    greeting, _, answer = await client.messages(chat)
    early = (await fork(client, chat, greeting))["id"]
    refused = await client.call(
        "PATCH", f"/v1/messages/{answer['id']}", json={"promptText": "x", "branchId": early}, status=422
    )
    assert refused["details"]["problems"][0]["path"] == "branchId"
    await client.call("POST", f"/v1/messages/{answer['id']}/regenerate", json={"branchId": early}, status=422)
    assert len(await variants(client, answer["id"])) == 1


async def test_ids_of_another_chat_are_not_found(client: Client) -> None:
    chat, other = await client.chat(), await client.chat()
    mine, theirs = (await client.messages(chat))[0], (await client.messages(other))[0]
    assert (await fork(client, chat, theirs, status=404))["code"] == "conversations.message_not_found"
    refused = await fork(client, chat, mine, status=404, forkedFromVariantId=theirs["selectedVariantId"])
    assert refused["code"] == "conversations.variant_not_found"
    for path in (f"/v1/chats/{chat}/branches/{theirs['branchId']}", f"/v1/chats/{chat}/branches/nonsense"):
        await client.call("DELETE", path, status=404)
        await client.call("PATCH", path, json={"title": "x"}, status=404)
        await client.call("POST", f"{path}/activate", status=404)


async def test_a_streaming_message_is_not_forked_and_its_branch_can_go(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    greeting = (await client.messages(chat))[0]
    line = (await fork(client, chat, greeting))["id"]
    model.scripts = [[Say("half"), Hold(asyncio.Event())]]
    body = {"promptText": "Go", "branchId": line}
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json=body) as frames:
        meta = await anext(frames)
        answer = {"id": meta.data["assistantMessageId"]}
        assert (await fork(client, chat, answer, status=409))["code"] == "conversations.message_streaming"
        await client.call("DELETE", f"/v1/chats/{chat}/branches/{line}", status=204)
        assert [frame async for frame in frames][-1].event == "llm.stream.aborted"
    await client.call("GET", f"/v1/messages/{answer['id']}/variants", status=404)


async def test_creating_a_branch_twice_with_one_operation_makes_one(client: Client) -> None:
    chat = await client.chat()
    greeting = (await client.messages(chat))[0]
    call = {"json": {"forkedFromMessageId": greeting["id"]}, "headers": {"X-Operation-Id": str(uuid.uuid4())}}
    made = [await client.call("POST", f"/v1/chats/{chat}/branches", status=201, **call) for _ in range(2)]
    assert made[0] == made[1]
    assert len((await client.call("GET", f"/v1/chats/{chat}/branches", status=200))["items"]) == 2


async def test_what_is_written_behind_a_pin_is_not_selected_when_another_is_deleted(
    client: Client, model: ScriptedModel
) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("Aside"), Hold(gate), End()], [Say("Again."), End()]]
    chat = await client.chat()
    greeting = (await client.messages(chat))[0]
    message, first = f"/v1/messages/{greeting['id']}", greeting["selectedVariantId"]
    aside = (await fork(client, chat, greeting, forkedFromVariantId=first))["id"]
    writing = await client.call("POST", f"{message}/regenerate", json={"branchId": aside}, status=202)
    again = (await client.frames("POST", f"{message}/regenerate"))[0].data["variantId"]
    await client.call("DELETE", f"{message}/variants/{again}", status=204)
    shown = (await client.messages(chat))[0]
    assert (shown["selectedVariantId"], shown["state"]) == (first, "settled")
    refused = await client.call("DELETE", f"{message}/variants/{first}", status=409)
    assert refused["details"]["reason"] == "only"
    gate.set()
    await client.frames("GET", f"/v1/generations/{writing['id']}/events")
    await client.call("DELETE", f"{message}/variants/{first}", status=204)
