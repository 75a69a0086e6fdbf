"""Macros in greetings and posted messages: what is stored, over real HTTP and both databases."""

import re
from typing import Any

from fabula.plugins.testing import ScriptedModel
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


LAST = "{{lastMessage}}|{{lastUserMessage}}|{{lastCharMessage}}|{{lastMessageId}}|{{idle_duration}}"


async def test_a_posted_message_tells_what_was_said_before_it(client: Client) -> None:
    chat = await client.chat(first_mes="Good evening.", scenario="{{lastMessage}}")
    assert await post(client, chat, LAST) == "Good evening.||Good evening.|0|just now"
    assert await post(client, chat, "Good day.") == "Good day."
    assert await post(client, chat, LAST) == "Good day.|Good day.|Good evening.|2|a few seconds"
    assert await post(client, chat, "{{scenario}}") == "Good day.|Good day.|Good evening.|2|a few seconds"


async def test_an_edit_sees_what_stands_before_the_message(client: Client) -> None:
    chat = await client.chat()
    await post(client, chat, "One")
    await post(client, chat, "Two")
    path = f"/v1/messages/{(await client.messages(chat))[1]['id']}"
    edited = await client.call("PATCH", path, json={"promptText": "{{lastMessage}}!"}, status=200)
    assert edited["promptText"] == "Good evening.!"


async def test_a_greeting_has_nothing_before_it(client: Client) -> None:
    chat = await client.chat(first_mes="<{{lastMessage}}{{lastMessageId}}>{{idle_duration}}")
    assert (await first_of(client, chat))["promptText"] == "<>just now"


async def test_a_prompt_tells_of_the_model_and_the_answer(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(scenario="{{model}} {{lastGenerationType}} {{maxPrompt}}")
    await client.say(chat)
    assert re.search(r"scripted normal [1-9]\d+$", model.requests[-1].messages[0].content)


async def test_what_is_not_known_stays_as_text_and_is_reported(client: Client) -> None:
    chat = await client.chat()
    text = "{{currentSwipeId}} {{lastSwipeId}} {{summary}} {{lastGenerationType}}"
    body = {"templateText": text + "{% if summary != '' %}?{% endif %}", "chatId": chat}
    found = await client.call("POST", "/v1/prompt-templates/preview", json=body, status=200)
    assert found["text"] == "{{currentSwipeId}} {{lastSwipeId}} {{summary}} normal"
    assert found["unknownMacros"] == ["currentswipeid", "lastswipeid", "summary"]
    assert await post(client, chat, text) == text
