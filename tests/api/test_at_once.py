"""What several people, or one in several windows, do to one chat at the same moment: each of it is done."""

import asyncio
from typing import Any

from tests.server import Client

Json = dict[str, Any]
ROUNDS = 12


async def test_changes_to_one_chat_at_once_all_happen(client: Client) -> None:
    chat = await client.chat(alternate_greetings=["Good morning."])
    greeting = (await client.messages(chat))[0]
    main, message = greeting["branchId"], f"/v1/messages/{greeting['id']}"
    fork: Json = {"forkedFromMessageId": greeting["id"]}
    aside = (await client.call("POST", f"/v1/chats/{chat}/branches", json=fork, status=201))["id"]
    requests: list[tuple[str, str, Json, int]] = [
        ("POST", f"/v1/chats/{chat}/branches", fork, 201),
        ("PATCH", message, {"promptText": "Evening!"}, 200),
        ("POST", f"{message}/variants/{greeting['selectedVariantId']}/select", {}, 200),
        ("POST", f"/v1/chats/{chat}/branches", fork, 201),
        ("PATCH", f"/v1/chats/{chat}/branches/{main}", {"title": "main"}, 200),
        ("POST", f"/v1/chats/{chat}/messages", {"promptText": "Hi", "branchId": main}, 201),
        ("PATCH", f"/v1/chats/{chat}", {"title": "One"}, 200),
        ("POST", f"/v1/chats/{chat}/messages", {"promptText": "Hi", "branchId": aside}, 201),
        ("POST", f"/v1/chats/{chat}/branches/{aside}/activate", {}, 200),
        ("POST", f"/v1/chats/{chat}/branches/{main}/activate", {}, 200),
    ]
    for nth in range(ROUNDS):
        calls = [("POST", f"{message}/hide", {"hidden": bool(nth % 2)}, 200), *requests]
        await asyncio.gather(*(client.call(verb, path, json=body, status=code) for verb, path, body, code in calls))
    shown = await client.messages(chat, branchId=main, limit=500)
    assert [m["seq"] for m in shown] == list(range(1 + ROUNDS))


async def test_each_change_of_a_message_answers_with_a_version_of_its_own(client: Client) -> None:
    chat = await client.chat()
    message = f"/v1/messages/{(await client.messages(chat))[0]['id']}"
    for nth in range(ROUNDS):
        hidden = {"hidden": not nth % 2}
        made: list[Json] = await asyncio.gather(
            *(client.call("PATCH", message, json={"promptText": f"{nth}.{i}"}, status=200) for i in range(4)),
            client.call("POST", f"{message}/hide", json=hidden, status=200),
        )
        assert len({one["version"] for one in made}) == 5
        last = max(made, key=lambda one: int(one["version"]))
        assert last == await client.call("GET", message, status=200)
