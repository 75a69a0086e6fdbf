"""Which variants a fork into a new chat copies: said in the query or in the body, the same in both."""

from typing import Any

import pytest

from tests.server import Client

Json = dict[str, Any]


async def fork(client: Client, chat: str, status: int, query: Json, body: Json | None) -> Json:
    made: Json = await client.call("POST", f"/v1/chats/{chat}/fork", status=status, params=query, json=body)
    return made


@pytest.mark.parametrize(
    ("query", "body", "copied"),
    [
        ({}, None, 1),
        ({}, {"title": "Mine"}, 1),
        ({}, {"variants": "all"}, 2),
        ({"variants": "all"}, None, 2),
        ({"variants": "all"}, {"title": "Mine"}, 2),
        ({"variants": "all"}, {"variants": "all"}, 2),
        ({"variants": "selected"}, None, 1),
        ({"variants": "selected"}, {"variants": "selected"}, 1),
    ],
)
async def test_variants_are_copied_as_asked(client: Client, query: Json, body: Json | None, copied: int) -> None:
    chat = await client.chat(alternate_greetings=["Good night."])
    made = await fork(client, chat, 201, query, body)
    assert [m["variantCount"] for m in await client.messages(made["id"])] == [copied]


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({"variants": "all"}, {"variants": "selected"}),
        ({"variants": "selected"}, {"variants": "all"}),
        ({"variants": "some"}, None),
    ],
)
async def test_a_contradiction_is_refused_and_nothing_copied(client: Client, query: Json, body: Json | None) -> None:
    chat = await client.chat()
    refused = await fork(client, chat, 422, query, body)
    assert [problem["path"] for problem in refused["details"]["problems"]] == ["query.variants"]
    assert [found["id"] for found in (await client.call("GET", "/v1/chats", status=200))["items"]] == [chat]
