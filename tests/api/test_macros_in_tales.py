"""Macros in greetings and posted messages: what is stored, over real HTTP and both databases."""

from typing import Any

from tests.server import Client


async def post(client: Client, chat: str, text: str) -> str:
    body = {"role": "user", "promptText": text}
    return str((await client.call("POST", f"/v1/chats/{chat}/messages", json=body, status=201))["promptText"])


async def first_of(client: Client, chat: str) -> dict[str, Any]:
    page = await client.call("GET", f"/v1/chats/{chat}/messages", status=200)
    return dict(page["items"][0])


async def test_a_greeting_and_a_posted_message_print_finished_fields(client: Client) -> None:
    persona = {"name": "Ada", "description": "Friend of {{char}}.", "isDefault": True}
    await client.call("POST", "/v1/personas", json=persona, status=201)
    chat = await client.chat(
        description="{{char}} likes {{user}}.",
        scenario="In short: {{description}}",
        first_mes="[{{scenario}}] [{{persona}}]",
    )
    stored = await first_of(client, chat)
    assert stored["promptText"] == "[In short: Mira likes Ada.] [Friend of Mira.]"
    assert await post(client, chat, "{{persona}} / {{description}}") == "Friend of Mira. / Mira likes Ada."


async def test_what_the_cards_fields_set_is_no_effect_of_the_message(client: Client) -> None:
    chat = await client.chat(description="{{setvar::mood::dark}}.", first_mes="Hi")
    assert await post(client, chat, "{{getvar::mood}} {{setvar::word::x}}") == "dark "
    body = {"templateText": "{{getvar::word}}", "chatId": chat}
    found = await client.call("POST", "/v1/prompt-templates/preview", json=body, status=200)
    assert found["text"] == "x"


async def test_an_escape_alone_loses_its_backslashes(client: Client) -> None:
    chat = await client.chat()
    assert await post(client, chat, r"\{\{char\}\}") == "{{char}}"
    assert await post(client, chat, "a { b } \\ c < d") == "a { b } \\ c < d"
