"""Prompts counted by the tokenizer of the server that answers, over real HTTP and both databases."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.api.test_connection_choice import connect
from tests.contract.dialects import OPENAI
from tests.contract.scripted import HEAD, Call, Server, document, run_server
from tests.server import Client

BETWEEN = [7, 11, 7, 13]


class Counting:
    """An upstream that answers, and counts a token a letter. `seconds` it thinks before it counts."""

    def __init__(self, server: Server, family: str) -> None:
        self.server, self.family = server, family
        self.asked: list[list[str]] = []
        self.seconds = 0.0
        self.status = "200 OK"
        server.script = self.play

    async def play(self, call: Call) -> None:
        if call.head.startswith(b"POST /tokenize "):
            await self._count(call)
            return
        await call.send(HEAD + OPENAI.say("Well met.") + OPENAI.stop + OPENAI.end)
        call.writer.close()

    async def _count(self, call: Call) -> None:
        body = json.loads(call.body)
        if self.family == "vllm":
            texts = [body["prompt"]]
            answer: dict[str, Any] = {"count": len(body["prompt"]), "tokens": [], "max_model_len": 1}
        else:
            texts = [part for part in body["content"] if isinstance(part, str)]
            parts = [[100] * len(part) if isinstance(part, str) else [part] for part in body["content"]]
            answer = {"tokens": [token for part in parts for token in part]}
        self.asked.append(texts)
        if self.seconds:
            await call.hang()
            return
        await call.send(document(answer, self.status))


@asynccontextmanager
async def counting(client: Client, family: str) -> AsyncIterator[Counting]:
    async with run_server() as server:
        await connect(client, server.url, family=family, isDefault=True)
        yield Counting(server, family)


@pytest.fixture(params=["llama.cpp", "vllm"])
async def upstream(client: Client, request: pytest.FixtureRequest) -> AsyncIterator[Counting]:
    async with counting(client, request.param) as found:
        yield found


async def prompt_of(client: Client, chat: str, text: str) -> tuple[str, dict[str, int]]:
    """How the next turn's prompt was counted, and the tokens of its pieces by their text."""
    frames = await client.say(chat, text)
    assert frames[-1].event == "llm.stream.done", frames[-1]
    trace = await client.call("GET", f"/v1/generations/{frames[0].data['generationId']}/trace", status=200)
    return trace["steps"][0]["output"]["counter"], {piece["text"]: piece["tokens"] for piece in trace["prompt"]}


async def test_each_text_is_counted_once_by_one_call_a_turn(client: Client, upstream: Counting) -> None:
    chat = await client.chat(description="A lighthouse keeper.")
    counter, pieces = await prompt_of(client, chat, "Is the light on?")
    assert counter == upstream.family
    assert len(upstream.asked) == 1
    first = "".join(upstream.asked[0])
    assert "Is the light on?" in first
    assert "Good evening." in first
    assert "A lighthouse keeper." in first
    counter, pieces = await prompt_of(client, chat, "And now?")
    assert counter == upstream.family
    assert sorted("".join(upstream.asked[1])) == sorted("And now?Well met.")
    assert len(upstream.asked) == 2
    if upstream.family == "llama.cpp":
        assert {text: tokens - 4 for text, tokens in pieces.items()} == {text: len(text) for text in pieces}


async def test_a_server_without_a_tokenizer_is_not_asked_for_one(client: Client) -> None:
    async with counting(client, "ollama") as upstream:
        counter, _ = await prompt_of(client, await client.chat(), "Hello")
        assert (counter, upstream.asked) == ("estimate", [])
        assert all(call.head.startswith(b"POST /v1/chat/completions ") for call in upstream.server.calls)


@pytest.mark.parametrize(("seconds", "status"), [(1.0, "200 OK"), (0.0, "404 Not Found"), (0.0, "500 Oops")])
async def test_a_slow_or_broken_tokenizer_is_left_alone_for_a_while(
    client: Client, seconds: float, status: str
) -> None:
    async with counting(client, "llama.cpp") as upstream:
        upstream.seconds, upstream.status = seconds, status
        chat = await client.chat()
        for _ in range(2):
            counter, pieces = await prompt_of(client, chat, "Hello there, keeper of the light.")
            assert counter == "estimate"
            assert 8 <= pieces["Hello there, keeper of the light."] <= 16
        assert len(upstream.asked) == 1
