"""Chat files that have grown since they were imported, over real HTTP and both databases."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_transfer import NOTED, TALE, bring, bring_one, values, write_out
from tests.server import Client
from tests.unit.transfer.making import chat_file, header, said, swiped

MORE = [said("m6"), said("m7", user=True)]


async def texts(client: Client, chat: str, **params: Any) -> list[str]:
    return [message["promptText"] for message in await client.messages(chat, limit=500, **params)]


async def branches(client: Client, chat: str) -> dict[str, str]:
    found = (await client.call("GET", f"/v1/chats/{chat}/branches", status=200))["items"]
    return {branch["title"]: branch["id"] for branch in found}


async def count(client: Client) -> int:
    return len((await client.call("GET", "/v1/chats", status=200))["items"])


def codes(item: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in item["warnings"]]


async def test_what_a_chat_has_grown_by_joins_it_once(client: Client) -> None:
    await client.profile()
    first = await bring_one(client, chat_file(NOTED, *TALE))
    before = await client.messages(first["chatId"])
    grown = chat_file(NOTED, *TALE, *MORE)
    item = await bring_one(client, grown)
    assert (item["status"], item["chatId"], codes(item)) == ("created", first["chatId"], ["continued"])
    after = await client.messages(first["chatId"])
    assert after[:6] == before
    assert [message["promptText"] for message in after[6:]] == ["m6", "m7"]
    chat = await client.call("GET", f"/v1/chats/{first['chatId']}", status=200)
    assert (chat["lastMessageAt"], chat["lastMessagePreview"]) == (after[-1]["createdAt"], "m7")
    assert await write_out(client, first["chatId"]) == grown
    for again in (grown, chat_file(NOTED, *TALE)):
        item = await bring_one(client, again)
        assert (item["status"], item["chatId"], codes(item)) == ("duplicate", first["chatId"], [])
    assert await client.messages(first["chatId"]) == after
    chat = await client.call("GET", f"/v1/chats/{first['chatId']}", status=200)
    assert chat["lastMessagePreview"] == "m7"
    found = (await client.call("GET", "/v1/search", params={"q": "m7"}, status=200))["items"]
    assert [hit["chatId"] for hit in found] == [first["chatId"]]


async def test_a_header_that_changes_with_every_save_is_no_other_chat(client: Client) -> None:
    await client.profile()
    first = await bring_one(client, chat_file(header(lastInContextMessageId=1), *TALE))
    for upto in (1, 2):
        item = await bring_one(client, chat_file(header(lastInContextMessageId=7 + upto), *TALE, *MORE[:upto]))
        assert item["chatId"] == first["chatId"]
    again = await bring_one(client, chat_file(header(lastInContextMessageId=99), *TALE, *MORE))
    assert (again["status"], await count(client)) == ("duplicate", 1)
    assert await texts(client, first["chatId"]) == [f"m{n}" for n in range(8)]


async def test_the_chat_of_2023_goes_on(client: Client, cases: Path) -> None:
    await client.profile("Aqua")
    had = (cases / "cards" / "st_chat_2023_minimal.jsonl").read_bytes().strip()
    first = await bring_one(client, had, "Aqua.jsonl")
    whole = had + b'\n{"name":"You","is_user":true,"send_date":1674563371999,"mes":"I do."}'
    item = await bring_one(client, whole, "Aqua.jsonl")
    assert (item["chatId"], codes(item)) == (first["chatId"], ["continued"])
    assert values(await write_out(client, first["chatId"])) == values(whole)
    reply = b'\n{"name":"Aqua","is_user":false,"mes":"And then?","send_date":1674563372558}'
    await bring_one(client, whole + reply, "Aqua (1).jsonl")  # as browsers name it when it is there already
    assert (await texts(client, first["chatId"]))[-1] == "And then?"
    assert await count(client) == 1


async def test_new_swipes_of_the_last_message_join_it(client: Client) -> None:
    await client.profile()
    first = await bring_one(client, chat_file(NOTED, *TALE, swiped(["One", "Two"], 1)))
    before = (await client.messages(first["chatId"]))[-1]
    path = f"/v1/messages/{before['id']}/variants"
    known = [variant["id"] for variant in (await client.call("GET", path, status=200))["items"]]
    grown = chat_file(NOTED, *TALE, swiped(["One", "Two", "Three"], 2, extra={"gen_id": 2}), *MORE)
    item = await bring_one(client, grown)
    assert (item["status"], item["chatId"], codes(item)) == ("created", first["chatId"], ["continued"])
    messages = await client.messages(first["chatId"])
    assert [message["promptText"] for message in messages[6:]] == ["Three", "m6", "m7"]
    assert (messages[6]["id"], messages[6]["seq"], messages[6]["variantCount"]) == (before["id"], 6, 3)
    variants = (await client.call("GET", path, status=200))["items"]
    assert ([variant["id"] for variant in variants[:2]], variants[2]["isSelected"]) == (known, True)
    hits = (await client.call("GET", "/v1/search?q=Three", status=200))["items"]
    assert [hit["messageId"] for hit in hits] == [before["id"]]
    assert await write_out(client, first["chatId"]) == grown
    assert (await bring_one(client, grown))["status"] == "duplicate"
    assert await branches(client, first["chatId"]) == {"main": (await branches(client, first["chatId"]))["main"]}


async def test_a_greeting_that_is_swiped_before_the_tale_goes_on_stays_one(client: Client) -> None:
    await client.profile()
    first = await bring_one(client, chat_file(header(), swiped(["Hi", "Hello"], 0)))
    item = await bring_one(client, chat_file(header(), swiped(["Hi", "Hello"], 1), *MORE))
    assert item["chatId"] == first["chatId"]
    assert await texts(client, first["chatId"]) == ["Hello", "m6", "m7"]


async def test_where_somebody_went_on_here_the_file_becomes_a_branch(client: Client) -> None:
    await client.profile()
    first = await bring_one(client, chat_file(NOTED, *TALE))
    chat = first["chatId"]
    await client.call("POST", f"/v1/chats/{chat}/messages", json={"role": "user", "promptText": "here"}, status=201)
    here = await client.messages(chat)
    item = await bring_one(client, chat_file(NOTED, *TALE, *MORE[:1]))
    assert (item["status"], item["chatId"], codes(item)) == ("created", chat, ["branched"])
    assert await client.messages(chat) == here
    line = (await branches(client, chat))["Tale"]
    assert await texts(client, chat, branchId=line) == [*(f"m{n}" for n in range(6)), "m6"]
    grown = chat_file(NOTED, *TALE, *MORE)
    item = await bring_one(client, grown)
    assert (item["chatId"], codes(item)) == (chat, ["continued"])
    assert (await texts(client, chat, branchId=line))[-2:] == ["m6", "m7"]
    assert (await bring_one(client, grown))["status"] == "duplicate"
    assert (len(await branches(client, chat)), await client.messages(chat)) == (2, here)


@pytest.mark.parametrize("place", [3, 5])
async def test_where_somebody_edited_here_the_file_becomes_a_branch(client: Client, place: int) -> None:
    await client.profile()
    chat = (await bring_one(client, chat_file(NOTED, *TALE)))["chatId"]
    edited = (await client.messages(chat))[place]["id"]
    await client.call("PATCH", f"/v1/messages/{edited}", json={"promptText": "mine"}, status=200)
    here = await client.messages(chat)
    await bring_one(client, chat_file(NOTED, *TALE, *MORE))
    assert await client.messages(chat) == here
    line = (await branches(client, chat))["Tale"]
    assert await texts(client, chat, branchId=line) == [f"m{n}" for n in range(8)]


async def test_branches_go_on_each_by_itself(client: Client) -> None:
    await client.profile()
    other = [*TALE[:3], said("else")]
    files = {"Branch.jsonl": chat_file(header(main_chat="Main"), *other), "Main.jsonl": chat_file(NOTED, *TALE)}
    chat = (await bring(client, files))["items"][0]["chatId"]
    grown = {
        "Branch.jsonl": chat_file(header(main_chat="Main"), *other, said("more", user=True)),
        "New.jsonl": chat_file(header(main_chat="Main"), *TALE, said("new")),
        "Point.jsonl": chat_file(header(main_chat="Main"), *TALE[:2]),
        "Main.jsonl": chat_file(NOTED, *TALE, *MORE),
    }
    for statuses in (["created"] * 4, ["duplicate"] * 4):
        items = (await bring(client, grown))["items"]
        assert [(item["status"], item["chatId"]) for item in items] == [(status, chat) for status in statuses]
        lines = await branches(client, chat)
        assert set(lines) == {"main", "Branch", "New", "Point"}
        shared = ["m0", "m1", "m2"]
        assert await texts(client, chat, branchId=lines["Branch"]) == [*shared, "else", "more"]
        assert await texts(client, chat, branchId=lines["New"]) == [*shared, "m3", "m4", "m5", "new"]
        assert await texts(client, chat, branchId=lines["Point"]) == ["m0", "m1"]
        assert await texts(client, chat) == [f"m{n}" for n in range(8)]
    assert await count(client) == 1


async def test_a_greeting_in_common_makes_no_branch(client: Client) -> None:
    await client.profile()
    first = await bring_one(client, chat_file(NOTED, TALE[0], said("Once", user=True)), "One.jsonl")
    other = await bring_one(client, chat_file(NOTED, TALE[0], said("Twice", user=True)), "Two.jsonl")
    assert (other["status"], other["chatId"] != first["chatId"]) == ("created", True)
    grown = await bring_one(client, chat_file(NOTED, TALE[0], said("Twice", user=True), *MORE), "Two.jsonl")
    assert grown["chatId"] == other["chatId"]


async def test_two_imports_at_once_of_a_long_growth_double_nothing(client: Client) -> None:
    await client.profile()
    lines = [said(f"m{n}", user=n % 2 == 1) for n in range(1300)]
    chat = (await bring_one(client, chat_file(header(), *lines[:300])))["chatId"]
    items = await asyncio.gather(*(bring_one(client, chat_file(header(n=n), *lines)) for n in range(2)))
    assert {item["chatId"] for item in items} == {chat}
    shown = [message async for page in _pages(client, chat) for message in page]
    assert shown[::-1] == [f"m{n}" for n in range(1300)]
    assert set(await branches(client, chat)) == {"main"}


async def _pages(client: Client, chat: str) -> Any:
    before = 2**31 - 1
    while page := await client.messages(chat, limit=500, before=before):
        yield [message["promptText"] for message in reversed(page)]
        before = page[0]["seq"]
