"""Personas over real HTTP and both databases."""

import aiohttp

from fabula.plugins.testing import ScriptedModel
from tests.server import Client

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32


async def test_a_persona_is_made_changed_and_gone(client: Client) -> None:
    made = await client.call("POST", "/v1/personas", json={"name": "Vera", "description": "A pilot."}, status=201)
    assert (made["name"], made["isDefault"], made["hasAvatar"]) == ("Vera", False, False)
    path = f"/v1/personas/{made['id']}"
    changed = await client.call("PATCH", path, json={"description": "A retired pilot."}, status=200)
    assert (changed["name"], changed["description"]) == ("Vera", "A retired pilot.")
    assert [p["id"] for p in (await client.call("GET", "/v1/personas", status=200))["items"]] == [made["id"]]
    await client.call("DELETE", path, status=204)
    gone = await client.call("GET", path, status=404)
    assert gone["code"] == "personas.not_found"


async def test_a_new_default_takes_the_place_of_the_old(client: Client) -> None:
    first = await client.call("POST", "/v1/personas", json={"name": "One", "isDefault": True}, status=201)
    second = await client.call("POST", "/v1/personas", json={"name": "Two", "isDefault": True}, status=201)
    listed = (await client.call("GET", "/v1/personas", status=200))["items"]
    assert {p["id"]: p["isDefault"] for p in listed} == {first["id"]: False, second["id"]: True}
    await client.call("PATCH", f"/v1/personas/{first['id']}", json={"isDefault": True}, status=200)
    listed = (await client.call("GET", "/v1/personas", status=200))["items"]
    assert {p["id"]: p["isDefault"] for p in listed} == {first["id"]: True, second["id"]: False}


async def test_an_avatar_is_known_by_its_bytes(client: Client) -> None:
    made = await client.call("POST", "/v1/personas", json={"name": "Vera"}, status=201)
    path = f"/v1/personas/{made['id']}/avatar"
    await client.call("GET", path, status=404)
    form = aiohttp.FormData()
    form.add_field("file", PNG, filename="a.bin")
    assert (await client.call("PUT", path, data=form, status=200))["hasAvatar"]
    async with client.http.get(client.address + path) as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", PNG)
    text = aiohttp.FormData()
    text.add_field("file", b"plain text", filename="a.png")
    refused = await client.call("PUT", path, data=text, status=415)
    assert refused["code"] == "personas.not_a_picture"


async def test_the_user_of_a_tale_is_the_chosen_persona_then_the_default_then_the_actor(
    client: Client, model: ScriptedModel
) -> None:
    chat = await client.chat(description="{{char}} meets {{user}}.")
    await client.say(chat)
    assert "Mira meets You." in model.requests[-1].messages[0].content
    default = {"name": "Ann", "description": "{{user}} sails.", "isDefault": True}
    await client.call("POST", "/v1/personas", json=default, status=201)
    await client.say(chat)
    system = model.requests[-1].messages[0].content
    assert "Mira meets Ann." in system
    assert "Ann sails." in system
    chosen = await client.call("POST", "/v1/personas", json={"name": "Ben"}, status=201)
    await client.call("PATCH", f"/v1/chats/{chat}", json={"settings": {"personaId": chosen["id"]}}, status=200)
    await client.say(chat, "I am {{user}}.")
    assert "Mira meets Ben." in model.requests[-1].messages[0].content
    assert model.requests[-1].messages[-1].content == "I am Ben."
    await client.call("DELETE", f"/v1/personas/{chosen['id']}", status=204)
    await client.say(chat)
    assert "Mira meets Ann." in model.requests[-1].messages[0].content
