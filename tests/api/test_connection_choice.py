"""What a turn is answered with: chat before workspace, over both wire formats, and what it costs."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from fabula.core.ids import uuid7
from fabula.db import WriteTx
from fabula.features.connections import BUILT_IN
from fabula.features.conversations.tables import chats
from fabula.plugins.testing import ScriptedModel
from tests.contract.dialects import ANTHROPIC, DIALECTS, KEY, OPENAI
from tests.contract.scripted import HEAD, Server, run_server
from tests.server import Client
from tests.watching import Statements, recorded


@pytest.fixture
async def upstream() -> AsyncIterator[Server]:
    async with run_server() as server:
        server.says(HEAD + OPENAI.say("from the row") + OPENAI.stop + OPENAI.end)
        yield server


async def connect(client: Client, url: str, **fields: Any) -> str:
    body = {
        "name": "Row",
        "provider": "openai_compatible",
        "baseUrl": url,
        "apiKey": KEY,
        "defaultModel": "m",
        **fields,
    }
    return str((await client.call("POST", "/v1/provider-connections", json=body, status=201))["id"])


async def bind(client: Client, chat: str, **settings: object) -> None:
    def write(tx: WriteTx) -> None:
        tx.execute(sa.update(chats).where(chats.c.id == chat).values(settings_json=settings))

    await client.fabula.db.system("bind a chat's settings", write)


async def answered_by(client: Client, chat: str) -> tuple[str, str]:
    """Provider and model of the chat's next turn."""
    frames = await client.say(chat)
    assert frames[-1].event == "llm.stream.done", frames[-1]
    found = await client.call("GET", f"/v1/generations/{frames[0].data['generationId']}", status=200)
    return found["providerId"], found["model"]


def asked_for_choice(sent: Statements) -> int:
    """How often the connections were read."""
    return sum("provider_connections" in text for text, _ in sent)


async def test_without_connections_the_servers_own_answers(client: Client) -> None:
    assert await answered_by(client, await client.chat()) == ("scripted", "scripted")


async def test_the_workspaces_default_answers_and_the_chats_choice_comes_before_it(
    client: Client, upstream: Server
) -> None:
    default = await connect(client, upstream.url, isDefault=True)
    other = await connect(client, upstream.url, defaultModel="other")
    chat, bound = await client.chat(), await client.chat()
    await bind(client, bound, connectionId=other)
    assert await answered_by(client, chat) == (default, "m")
    assert await answered_by(client, bound) == (other, "other")
    await bind(client, bound, connectionId=other, model="mine")
    assert await answered_by(client, bound) == (other, "mine")
    await bind(client, bound, connectionId=BUILT_IN)
    assert await answered_by(client, bound) == ("scripted", "scripted")


@pytest.mark.parametrize("provider", sorted(DIALECTS))
async def test_both_wire_formats_answer_a_turn(client: Client, upstream: Server, provider: str) -> None:
    d = DIALECTS[provider]
    upstream.says(HEAD + d.start + d.think("hm") + d.say("Well met.") + d.stop + d.end)
    await connect(client, upstream.url, provider=provider, isDefault=True)
    frames = await client.say(await client.chat())
    assert frames[-1].data["finalText"] == "Well met."
    assert frames[-1].data["usage"] == {"promptTokens": 7, "completionTokens": 2}
    assert [f.data["content"] for f in frames if f.event == "llm.stream.reasoning"] == ["hm"]
    assert d.auth in upstream.calls[0].head


async def test_a_preset_reaches_the_server_within_the_connections_bounds(client: Client, upstream: Server) -> None:
    body = {"name": "Hot", "params": {"temperature": 1.2, "max_tokens": 5000, "new_sampler": [1]}, "isDefault": True}
    await client.call("POST", "/v1/generation-presets", json=body, status=201)
    await connect(client, upstream.url, isDefault=True, answerTokens=300)
    await client.say(await client.chat())
    sent = upstream.calls[0].body
    assert b'"temperature":1.2' in sent
    assert b'"max_tokens":300' in sent
    assert b'"new_sampler":[1]' in sent


async def test_a_preset_serves_the_servers_own_model_too(client: Client, model: ScriptedModel) -> None:
    preset = await client.call("POST", "/v1/generation-presets", json={"name": "P", "params": {"top_k": 5}}, status=201)
    chat = await client.chat()
    await bind(client, chat, presetId=preset["id"])
    await client.say(chat)
    assert model.requests[-1].params == {"temperature": 0.5, "top_k": 5}


@pytest.mark.parametrize("wish", ["connectionId", "presetId"])
@pytest.mark.parametrize("value", [uuid7(), "no id at all"])
async def test_a_choice_that_is_gone_is_said_before_anything_is_stored(client: Client, wish: str, value: str) -> None:
    chat = await client.chat()
    await bind(client, chat, **{wish: value})
    error = await client.call("POST", f"/v1/chats/{chat}/generate", json={"mode": "reply"}, status=409)
    assert error["code"] == {"connectionId": "connections.gone", "presetId": "connections.preset_gone"}[wish]
    assert len(await client.messages(chat)) == 1


async def test_a_disabled_connection_is_not_replaced_silently(client: Client, upstream: Server) -> None:
    row = await connect(client, upstream.url, enabled=False)
    chat = await client.chat()
    await bind(client, chat, connectionId=row)
    error = await client.call("POST", f"/v1/chats/{chat}/generate", json={"mode": "reply"}, status=409)
    assert error["code"] == "connections.disabled"


async def test_the_choice_costs_one_query_and_none_where_nothing_is_configured(
    client: Client, upstream: Server, lane: str
) -> None:
    chat = await client.chat()
    await client.say(chat)
    with recorded() as sent:
        await client.say(chat)
    # Among other processes nobody can know without asking.
    assert asked_for_choice(sent) == (0 if lane == "sqlite" else 1)
    await connect(client, upstream.url, isDefault=True)
    with recorded() as sent:
        await client.say(chat)
    assert asked_for_choice(sent) == 1


async def test_a_change_is_seen_by_the_very_next_turn(client: Client, upstream: Server) -> None:
    chat = await client.chat()
    assert (await answered_by(client, chat))[0] == "scripted"
    row = await connect(client, upstream.url, isDefault=True)
    assert await answered_by(client, chat) == (row, "m")
    await client.call("PATCH", f"/v1/provider-connections/{row}", json={"defaultModel": "n"}, status=200)
    assert await answered_by(client, chat) == (row, "n")
    await client.call("DELETE", f"/v1/provider-connections/{row}", status=204)
    assert (await answered_by(client, chat))[0] == "scripted"


async def test_the_first_listed_model_serves_where_none_is_named(client: Client, upstream: Server) -> None:
    async def script(call: Any) -> None:
        listed = call.head.startswith(b"GET")
        await call.send(ANTHROPIC.models if listed else HEAD + ANTHROPIC.say("x") + ANTHROPIC.stop + ANTHROPIC.end)
        call.writer.close()

    upstream.script = script
    row = await connect(client, upstream.url, provider="anthropic", defaultModel=None, isDefault=True)
    chat = await client.chat()
    for _ in range(2):
        assert await answered_by(client, chat) == (row, "a")
    assert [call.head.split()[1] for call in upstream.calls].count(b"/v1/models?limit=1000") == 1


async def test_a_chat_binds_only_what_is_there(client: Client, upstream: Server) -> None:
    row = await connect(client, upstream.url)
    path = f"/v1/chats/{await client.chat()}"
    await client.call("PATCH", path, json={"settings": {"connectionId": row, "model": "mine"}}, status=200)
    await client.call("PATCH", path, json={"settings": {"connectionId": uuid7()}}, status=404)
    await client.call("PATCH", path, json={"settings": {"presetId": uuid7()}}, status=404)
    assert await answered_by(client, path.rpartition("/")[2]) == (row, "mine")
