"""Macros in greetings and posted messages: what is stored, over real HTTP and both databases."""

import re
from typing import Any

import pytest

from fabula.plugins.testing import End, Say, ScriptedModel
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


def notice(what: str, text: str, **more: object) -> dict[str, object]:
    return {"type": "notice", "visibility": "ui_only", "code": f"macros.{what}", "text": text, **more}


def unknown(*names: str) -> dict[str, object]:
    return notice("unknown", f"unknown macros stayed as text: {', '.join(names)}", names=list(names))


def shown(text: str) -> dict[str, object]:
    return {"type": "text", "visibility": "both", "text": text}


NOTED = [
    pytest.param("Hi {{char}}", "Hi Mira", [], id="nothing to tell"),
    pytest.param(
        "Hi {{foo}} {{bar::1}} {{foo}}", "Hi {{foo}} {{bar::1}} {{foo}}", [unknown("foo", "bar")], id="unknown"
    ),
    pytest.param("A{{comment: of {{user}}}}B", "AB", [notice("comment", "of You")], id="comment"),
    pytest.param("{{comment:1}}{{x}}{{comment:2}}", "{{x}}", [unknown("x"), notice("comment", "1\n2")], id="both"),
]


@pytest.mark.parametrize(("raw", "text", "notices"), NOTED)
async def test_a_stored_text_tells_what_its_macros_left(
    client: Client, model: ScriptedModel, raw: str, text: str, notices: list[object]
) -> None:
    blocks = [shown(text), *notices] if notices else []
    chat = await client.chat(first_mes=raw)
    await client.say(chat, raw)
    posted = await client.call("POST", f"/v1/chats/{chat}/messages", json={"promptText": raw}, status=201)
    stored = await client.messages(chat)
    assert [(m["promptText"], m["blocks"]) for m in (stored[0], stored[1], posted)] == [(text, blocks)] * 3
    sent = [m.content for m in model.requests[-1].messages]
    assert sent[1:] == [text, text]


async def test_a_notice_goes_with_its_text(client: Client) -> None:
    chat = await client.chat(first_mes="{{foo}}", alternate_greetings=["Plain"])
    first = await first_of(client, chat)
    path = f"/v1/messages/{first['id']}"

    async def edit(**body: object) -> list[object]:
        return list((await client.call("PATCH", path, json=body, status=200))["blocks"])

    variants = (await client.call("GET", f"{path}/variants", status=200))["items"]
    assert [v["blocks"] for v in variants] == [[shown("{{foo}}"), unknown("foo")], []]
    assert await edit(promptText="{{bar}}") == [shown("{{bar}}"), unknown("bar")]
    assert await edit(promptText="Good") == []
    picture = {"type": "image", "visibility": "both", "url": "x"}
    assert await edit(promptText="{{baz}}", blocks=[picture]) == [picture, unknown("baz")]
    assert await edit(promptText="Good") == [picture]
    assert await edit(promptText="{{baz}}", blocks=[]) == [shown("{{baz}}"), unknown("baz")]
    assert await edit(blocks=None) == []


async def test_thoughts_stay_beside_a_notice(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Say("<think>Hm.</think>Well"), End()]]
    chat = await client.chat()
    await client.say(chat)
    path = f"/v1/messages/{(await client.messages(chat))[2]['id']}"
    thought = {"type": "reasoning", "visibility": "ui_only", "text": "Hm."}
    for text, notices in (("{{foo}}", [unknown("foo")]), ("So", [])):
        edited = await client.call("PATCH", path, json={"promptText": text}, status=200)
        assert edited["blocks"] == [thought, shown(text), *notices]


async def test_no_export_of_the_text_holds_a_notice(client: Client) -> None:
    chat = await client.chat(first_mes="A{{foo}}{{comment:secret}}")
    for form in ("jsonl", "markdown"):
        async with client.http.get(f"{client.address}/v1/chats/{chat}/export?format={form}") as answer:
            written = await answer.text()
        assert "A{{foo}}" in written
        assert "secret" not in written
        assert "unknown macros" not in written
