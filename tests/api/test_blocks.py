"""Blocks that a caller gives: their shape is the specification's, what else they hold is kept."""

from typing import Any

import pytest

from tests.server import Client

GOOD: list[dict[str, Any]] = [
    {"type": "text", "visibility": "both", "text": "Hi *there*"},
    {"type": "reasoning", "visibility": "ui_only", "text": "hm"},
    {"type": "image", "visibility": "prompt_only", "blobId": "x", "size": [1, 2.5, None, {"a": True}]},
    {"type": "tool_call", "visibility": "ui_only", "arguments": {}},
    {"type": "tool_result", "visibility": "ui_only"},
    {"type": "notice", "visibility": "ui_only"},
]


async def test_good_blocks_are_kept_as_they_are(client: Client) -> None:
    path = f"/v1/chats/{await client.chat()}/messages"
    posted = await client.call("POST", path, json={"promptText": "Hi", "blocks": GOOD}, status=201)
    assert posted["blocks"] == GOOD
    turned = list(reversed(GOOD))
    edited = await client.call("PATCH", f"/v1/messages/{posted['id']}", json={"blocks": turned}, status=200)
    assert edited["blocks"] == turned


async def test_a_block_without_a_visibility_is_for_both(client: Client) -> None:
    path = f"/v1/chats/{await client.chat()}/messages"
    posted = await client.call("POST", path, json={"promptText": "Hi", "blocks": [{"type": "notice"}]}, status=201)
    assert posted["blocks"] == [{"type": "notice", "visibility": "both"}]


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ({"foo": 1}, ".type"),
        ({"type": "bogus"}, ".type"),
        ({"type": None}, ".type"),
        ({"type": "text", "visibility": "nobody"}, ".visibility"),
        ({"type": "text", "visibility": None}, ".visibility"),
        ({"type": "text", "n": float("nan")}, ".n"),
        ({"type": "text", "n": {"deep": [float("inf")]}}, ".n"),
        ({"type": "text", "text": "a\x00"}, ".text"),
        ("text", ""),
    ],
)
async def test_any_other_block_is_refused_with_its_place(client: Client, block: object, place: str) -> None:
    chat = await client.chat()
    greeting = (await client.messages(chat))[0]
    body = {"promptText": "Hi", "blocks": [{"type": "text"}, block]}
    for method, path in (("POST", f"/v1/chats/{chat}/messages"), ("PATCH", f"/v1/messages/{greeting['id']}")):
        refused = await client.call(method, path, json=body, status=422)
        assert [problem["path"] for problem in refused["details"]["problems"]] == [f"body.blocks[1]{place}"]
    assert await client.messages(chat) == [greeting]
