"""Prompt templates over real HTTP and both databases."""

import uuid
from typing import Any

import pytest

from fabula.plugins.testing import ScriptedModel
from tests.server import Client


async def make_template(client: Client, text: str, **fields: Any) -> dict[str, Any]:
    body = {"name": "T", "templateText": text, **fields}
    return dict(await client.call("POST", "/v1/prompt-templates", json=body, status=201))


async def system_of(client: Client, model: ScriptedModel, chat: str) -> str:
    await client.say(chat)
    return model.requests[-1].messages[0].content


async def test_a_template_is_made_changed_replaced_and_gone(client: Client) -> None:
    made = await make_template(client, "Be {{char}}.", variables={"mood": "calm"})
    assert (made["scope"], made["scopeId"], made["enabled"], made["version"]) == ("global", None, True, 1)
    assert (made["engine"], made["variables"]) == ("liquid", {"mood": "calm"})
    path = f"/v1/prompt-templates/{made['id']}"
    changed = await client.call("PATCH", path, json={"enabled": False, "version": 1}, status=200)
    assert (changed["enabled"], changed["templateText"], changed["version"]) == (False, "Be {{char}}.", 2)
    put = {"name": "U", "templateText": "Hi", "version": 2}
    replaced = await client.call("PUT", path, json=put, status=200)
    assert (replaced["name"], replaced["enabled"], replaced["variables"]) == ("U", True, {})
    stale = await client.call("PATCH", path, json={"name": "V", "version": 2}, status=409)
    assert stale["code"] == "prompting.version_conflict"
    assert stale["details"]["current"] == replaced
    await client.call("DELETE", path, params={"version": "1"}, status=409)
    await client.call("DELETE", path, status=204)
    assert (await client.call("GET", path, status=404))["code"] == "prompting.template_not_found"


@pytest.mark.parametrize("method", ["POST", "PATCH", "PREVIEW"])
async def test_a_template_that_does_not_parse_is_refused_with_its_place(client: Client, method: str) -> None:
    text = "Line one\n{% if char %}never closed"
    if method == "POST":
        answer = await client.call("POST", "/v1/prompt-templates", json={"name": "T", "templateText": text}, status=422)
    elif method == "PREVIEW":
        answer = await client.call("POST", "/v1/prompt-templates/preview", json={"templateText": text}, status=422)
    else:
        made = await make_template(client, "fine")
        path = f"/v1/prompt-templates/{made['id']}"
        answer = await client.call("PATCH", path, json={"templateText": text}, status=422)
        assert (await client.call("GET", path, status=200))["templateText"] == "fine"
    (problem,) = answer["details"]["problems"]
    assert (problem["path"], problem["line"]) == ("body.templateText", 2)
    assert problem["column"] >= 1


async def test_the_narrowest_enabled_template_is_used(client: Client, model: ScriptedModel) -> None:
    profile = await client.profile()
    chat = (await client.call("POST", f"/v1/entity-profiles/{profile}/chats", status=201))["id"]
    assert "You are Mira" in await system_of(client, model, chat)
    await make_template(client, "Everywhere.")
    assert await system_of(client, model, chat) == "Everywhere."
    await make_template(client, "For {{char}}.", scope="entity_profile", scopeId=profile)
    assert await system_of(client, model, chat) == "For Mira."
    own = await make_template(client, "Here, {{ messages.size }}.", scope="chat", scopeId=chat)
    assert (await system_of(client, model, chat)).startswith("Here, ")
    await client.call("PATCH", f"/v1/prompt-templates/{own['id']}", json={"enabled": False}, status=200)
    assert await system_of(client, model, chat) == "For Mira."
    other = await client.chat()
    assert await system_of(client, model, other) == "Everywhere."


async def test_the_list_is_of_one_scope_and_one_thing(client: Client) -> None:
    one, two = await client.chat(), await client.chat()
    everywhere = await make_template(client, "a")
    first = await make_template(client, "b", scope="chat", scopeId=one)
    second = await make_template(client, "c", scope="chat", scopeId=two)

    async def listed(**params: str) -> list[str]:
        return [t["id"] for t in (await client.call("GET", "/v1/prompt-templates", params=params, status=200))["items"]]

    assert await listed() == [second["id"], first["id"], everywhere["id"]]
    assert await listed(scope="chat") == [second["id"], first["id"]]
    assert await listed(scope="chat", scopeId=one) == [first["id"]]
    page = await client.call("GET", "/v1/prompt-templates", params={"limit": "2"}, status=200)
    assert await listed(cursor=page["nextCursor"]) == [everywhere["id"]]


async def test_a_scope_must_be_known_and_name_something_there(client: Client) -> None:
    for scope, scope_id, status in (
        ("galaxy", str(uuid.uuid4()), 422),
        ("persona", str(uuid.uuid4()), 422),
        ("chat", None, 422),
        ("chat", str(uuid.uuid4()), 404),
        ("entity_profile", "nonsense", 404),
        ("global", str(uuid.uuid4()), 422),
    ):
        body = {"name": "T", "templateText": "x", "scope": scope, "scopeId": scope_id}
        await client.call("POST", "/v1/prompt-templates", json=body, status=status)


async def test_a_preview_renders_and_keeps_nothing(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(description="{{char}} fishes.")
    text = "{{ char.description }} {{setvar::mood::dark}}{{getvar::mood}} {{nonsense::1}} {{ messages.size }}"
    body = {"templateText": text, "chatId": chat}
    found = await client.call("POST", "/v1/prompt-templates/preview", json=body, status=200)
    assert found["text"] == "Mira fishes. dark {{nonsense::1}} 1"
    assert (found["unknownMacros"], found["variables"]) == (["nonsense"], {"mood": "dark"})
    assert found["tokens"] > 0
    await make_template(client, "[{{getvar::mood}}]")
    assert await system_of(client, model, chat) == "[]"


async def test_a_preview_needs_no_chat(client: Client) -> None:
    profile = await client.profile(name="Ada")
    body: dict[str, Any] = {"templateText": "{{char}} and {{user}}"}
    bare = await client.call("POST", "/v1/prompt-templates/preview", json=body, status=200)
    assert bare["text"] == "Assistant and You"
    body["entityProfileId"] = profile
    found = await client.call("POST", "/v1/prompt-templates/preview", json=body, status=200)
    assert found["text"] == "Ada and You"
    body["entityProfileId"] = str(uuid.uuid4())
    await client.call("POST", "/v1/prompt-templates/preview", json=body, status=404)


async def test_variables_of_a_template_are_defaults(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    await make_template(client, "{{getvar::mood}}", variables={"mood": "calm"})
    assert await system_of(client, model, chat) == "calm"
    await client.say(chat, "{{setvar::mood::wild}}Now.")
    assert model.requests[-1].messages[0].content == "wild"


async def test_a_template_that_fails_at_a_turn_ends_it_with_an_error(client: Client) -> None:
    chat = await client.chat()
    loop = "{% for a in (1..999) %}{% for b in (1..999) %}{% for c in (1..999) %}x{% endfor %}{% endfor %}{% endfor %}"
    await make_template(client, loop)
    frames = await client.say(chat)
    assert (frames[-1].event, frames[-1].data["code"]) == ("llm.stream.error", "prompting.template_failed")
