"""Clients of stored connections live as long as somebody needs them, and no longer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fabula.core.ids import WorkspaceId, uuid7
from fabula.core.secrets import Keyring, SecretUnreadable
from fabula.features.connections.pool import ModelPool
from fabula.features.connections.types import ConnectionFields, ConnectionId, Provider, ProviderConnection
from fabula.features.connections.write import about
from fabula.plugins import ChatBatch, ChatMessage, ChatModel, ChatRequest
from fabula.plugins.testing import ScriptedModel
from fabula.providers.anthropic import Anthropic
from fabula.providers.openai_compatible import OpenAICompatible
from tests.contract.dialects import KEY, OPENAI
from tests.contract.scripted import HEAD, Call, Server, run_server

RING = Keyring(["k" * 32])
WS = WorkspaceId(uuid7())
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ASK = ChatRequest("m", (ChatMessage("user", "hi"),), {})


def stored(url: str, provider: Provider = Provider.OPENAI_COMPATIBLE, family: str | None = None) -> ProviderConnection:
    ident = ConnectionId(uuid7())
    fields = ConnectionFields("Row", provider, url, family=family)
    return ProviderConnection(ident, fields, RING.seal(KEY, about(WS, ident)), None, 1, NOW, NOW)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with run_server() as running:
        yield running


@pytest.fixture
async def pool() -> AsyncIterator[ModelPool]:
    made = ModelPool(RING, ScriptedModel(), idle_seconds=0.05)
    yield made
    await made.close()


async def text_of(model: ChatModel) -> str:
    return "".join([batch.content async for batch in model.stream(ASK)])


async def test_the_same_version_is_the_same_client_and_a_new_one_another(pool: ModelPool) -> None:
    row = stored("http://127.0.0.1:9/v1")
    async with pool.lease(WS, row) as first, pool.lease(WS, row) as again:
        assert first is again
        async with pool.lease(WS, replace(row, version=2)) as changed:
            assert changed is not first


async def test_the_key_is_opened_for_its_row_only(server: Server, pool: ModelPool) -> None:
    server.says(HEAD + OPENAI.say("a") + OPENAI.stop + OPENAI.end)
    row = stored(server.url)
    async with pool.lease(WS, row) as model:
        await text_of(model)
    assert OPENAI.auth in server.calls[0].head
    with pytest.raises(SecretUnreadable):
        async with pool.lease(WS, replace(row, id=ConnectionId(uuid7()))):
            pass


async def test_an_answer_keeps_its_client_when_the_connection_changes(server: Server, pool: ModelPool) -> None:
    go_on = asyncio.Event()

    async def script(call: Call) -> None:
        await call.send(HEAD, OPENAI.say("one "))
        await go_on.wait()
        await call.send(OPENAI.say("two"), OPENAI.stop, OPENAI.end)
        call.writer.close()

    server.script = script
    row = stored(server.url)
    async with pool.lease(WS, row) as model:
        stream = model.stream(ASK)
        batches: list[ChatBatch] = [await anext(stream)]
        async with pool.lease(WS, replace(row, version=2)):
            await asyncio.sleep(0.1)  # longer than an unused client is kept
        go_on.set()
        batches += [batch async for batch in stream]
    assert "".join(batch.content for batch in batches) == "one two"


async def test_an_unused_client_closes_its_connections(server: Server, pool: ModelPool) -> None:
    async def script(call: Call) -> None:
        body = OPENAI.say("a") + OPENAI.stop + OPENAI.end
        head = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: %d\r\n\r\n" % len(body))
        await call.send(head, body)
        await asyncio.wait_for(call.left.wait(), 10)

    server.script = script
    row = stored(server.url)
    async with pool.lease(WS, row) as model:
        assert await text_of(model) == "a"
    await asyncio.wait_for(server.calls[0].left.wait(), 10)
    async with pool.lease(WS, row) as later:
        assert later is not model


async def test_each_provider_has_its_client(pool: ModelPool) -> None:
    async with pool.lease(WS, stored("http://127.0.0.1:9", Provider.ANTHROPIC)) as model:
        assert isinstance(model, Anthropic)
    async with pool.lease(WS, stored("http://127.0.0.1:9", family="vllm")) as model:
        assert isinstance(model, OpenAICompatible)
        assert model.capabilities.family == "vllm"
    async with pool.lease(WS, stored("", Provider.EMBEDDED)) as model:
        assert isinstance(model, ScriptedModel)


async def test_two_turns_that_come_at_once_share_one_client(pool: ModelPool) -> None:
    row = stored("http://localhost:9/v1")

    async def lease() -> ChatModel:
        async with pool.lease(WS, row) as model:
            await asyncio.sleep(0.02)
            return model

    first, second = await asyncio.gather(lease(), lease())
    assert first is second
