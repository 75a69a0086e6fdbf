"""What a workspace and a profile bind for their chats."""

import pytest

from fabula.core.ids import ChatId, uuid7
from fabula.features import conversations
from fabula.plugins.testing import ScriptedModel
from tests.server import Client


async def bind(client: Client, **settings: object) -> None:
    await client.call("PATCH", "/v1/workspace", json={"settings": settings}, status=200)


async def last_prompt(client: Client, model: ScriptedModel, chat: str) -> str:
    await client.say(chat, "Hello")
    return "\n".join(message.content for message in model.requests[-1].messages)


async def test_workspace_is_read_and_changed_with_its_version(client: Client) -> None:
    before = await client.call("GET", "/v1/workspace", status=200)
    assert (before["settings"], before["version"]) == ({}, 1)
    body = {"name": "Home", "settings": {"authorNote": "Be brief.", "vars": {"mood": "calm"}}, "version": 1}
    changed = await client.call("PATCH", "/v1/workspace", json=body, status=200)
    assert (changed["id"], changed["name"], changed["version"]) == (before["id"], "Home", 2)
    assert changed["settings"]["authorNote"]["text"] == "Be brief."
    assert await client.call("GET", "/v1/workspace", status=200) == changed
    stale = await client.call("PATCH", "/v1/workspace", json={"name": "Other", "version": 1}, status=409)
    assert stale["code"] == "identity.version_conflict"
    assert stale["details"]["current"]["name"] == "Home"


async def test_change_of_the_workspace_is_audited(alone: Client) -> None:
    client = alone
    await bind(client, model="m")
    found = await client.fabula.db.system(
        "test",
        lambda tx: tx.conn.exec_driver_sql("SELECT action, after FROM audit_log WHERE object_type = 'workspace'").one(),
    )
    assert found[0] == "workspace.changed"
    assert '"model":"m"' in found[1]


@pytest.mark.parametrize("where", ["/v1/workspace", "profile", "chat"])
async def test_what_is_bound_must_be_there_at_every_place(client: Client, where: str) -> None:
    body: dict[str, object] = {"settings": {"presetId": uuid7()}}
    method = "PATCH"
    if where == "profile":
        method, where, body = "POST", "/v1/entity-profiles", {"spec": {"name": "A"}, **body}
    elif where == "chat":
        where = f"/v1/chats/{await client.chat()}"
    missing = await client.call(method, where, json=body, status=404)
    assert missing["code"] == "connections.preset_not_found"
    bad = await client.call(method, where, json={**body, "settings": {"presetId": "x"}}, status=422)
    assert bad["details"]["problems"][0]["path"].startswith("body.settings.presetId")


async def test_profile_settings_stay_unless_given(client: Client) -> None:
    body = {"spec": {"name": "Mira"}, "settings": {"vars": {"a": 1}}}
    made = await client.call("POST", "/v1/entity-profiles", json=body, status=201)
    assert (made["settings"], made["version"]) == ({"vars": {"a": 1}}, 1)
    path = f"/v1/entity-profiles/{made['id']}"
    kept = await client.call("PUT", path, json={"spec": {"name": "Mira 2"}}, status=200)
    assert kept["settings"] == {"vars": {"a": 1}}
    gone = await client.call("PUT", path, json={"spec": {"name": "Mira"}, "settings": {}}, status=200)
    assert (gone["settings"], gone["version"]) == ({}, 3)
    assert await client.call("GET", path, status=200) == gone


async def test_chat_wins_over_profile_and_profile_over_workspace(client: Client, model: ScriptedModel) -> None:
    await bind(client, authorNote="NOTE-W", vars={"place": "WORLD", "mood": "MILD"})
    spec = {"name": "Mira", "first_mes": "Hi.", "description": "In {{getvar::place}}, {{getvar::mood}}."}
    profile = await client.call("POST", "/v1/entity-profiles", json={"spec": spec}, status=201)
    chat = (await client.call("POST", f"/v1/entity-profiles/{profile['id']}/chats", status=201))["id"]
    prompt = await last_prompt(client, model, chat)
    assert "NOTE-W" in prompt
    assert "In WORLD, MILD." in prompt

    settings = {"authorNote": "NOTE-P", "vars": {"mood": "WILD"}}
    path = f"/v1/entity-profiles/{profile['id']}"
    await client.call("PUT", path, json={"spec": spec, "settings": settings}, status=200)
    prompt = await last_prompt(client, model, chat)
    assert "NOTE-P" in prompt
    assert "NOTE-W" not in prompt
    assert "In WORLD, WILD." in prompt

    await client.call("PATCH", f"/v1/chats/{chat}", json={"settings": {"authorNote": "NOTE-C"}}, status=200)
    prompt = await last_prompt(client, model, chat)
    assert "NOTE-C" in prompt
    assert "NOTE-P" not in prompt


async def test_greeting_of_a_new_chat_knows_the_workspace(client: Client) -> None:
    await bind(client, vars={"place": "Vienna"})
    chat = await client.chat(first_mes="Welcome to {{getvar::place}}.")
    assert (await client.messages(chat))[0]["promptText"] == "Welcome to Vienna."


async def test_chat_is_read_with_what_it_inherits_for_the_choice_of_a_model(client: Client) -> None:
    await bind(client, model="m-workspace")
    body = {"spec": {"name": "A"}, "settings": {"vars": {"a": 1}}}
    profile = (await client.call("POST", "/v1/entity-profiles", json=body, status=201))["id"]
    chat = ChatId((await client.call("POST", f"/v1/entity-profiles/{profile}/chats", status=201))["id"])
    fabula = client.fabula
    found = await fabula.db.read(fabula.owner, conversations.get_chat, chat)
    assert found.inherited == ({"vars": {"a": 1}}, {"model": "m-workspace"})
    choice = await fabula.db.read(
        fabula.owner, lambda tx, actor: fabula.connections.choose(tx, actor, found.settings, *found.inherited)
    )
    assert choice.model == "m-workspace"
