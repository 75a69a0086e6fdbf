"""What only the Messages protocol has."""

import json
from collections.abc import AsyncIterator

import pytest

from fabula.plugins import ChatBatch, ChatMessage, ChatRequest, ModelError, ModelRejected, TokenUsage
from fabula.providers.anthropic import Anthropic
from tests.contract.dialects import ANTHROPIC, named, piece
from tests.contract.scripted import HEAD, Server, document, run_server

SYSTEM = ChatMessage("system", "You are Mira.")
TALE = (SYSTEM, ChatMessage("assistant", "Good evening."), ChatMessage("user", "Hello"))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with run_server() as running:
        yield running


@pytest.fixture
async def model(server: Server) -> AsyncIterator[Anthropic]:
    made = Anthropic("test", server.url.removesuffix("/v1"), "sk-ant")
    yield made
    await made.close()


async def read(model: Anthropic) -> list[ChatBatch]:
    return [batch async for batch in model.stream(ChatRequest("m", TALE, {"max_tokens": 64, "temperature": 0.5}))]


async def test_what_is_sent(server: Server, model: Anthropic) -> None:
    server.says(HEAD, ANTHROPIC.start, ANTHROPIC.stop, ANTHROPIC.end)
    await read(model)
    (call,) = server.calls
    assert call.head.startswith(b"POST /v1/messages HTTP/1.1\r\n")
    assert b"anthropic-version: 2023-06-01\r\n" in call.head
    assert json.loads(call.body) == {
        "model": "m",
        "max_tokens": 64,
        "temperature": 0.5,
        "system": "You are Mira.",
        "messages": [
            {"role": "user", "content": "[The conversation begins.]"},
            {"role": "assistant", "content": "Good evening."},
            {"role": "user", "content": "Hello"},
        ],
        "stream": True,
    }


async def test_signatures_tool_input_and_unknown_events_are_passed_over(server: Server, model: Anthropic) -> None:
    server.says(
        HEAD,
        ANTHROPIC.start,
        piece("signature_delta", signature="c2ln"),
        piece("input_json_delta", partial_json='{"a":'),
        named("something_new", delta={"colour": "red"}),
        piece("text_delta", text="Yes."),
        ANTHROPIC.stop,
        ANTHROPIC.end,
    )
    assert "".join(batch.content for batch in await read(model)) == "Yes."


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("tired", "tired"),
    ],
)
async def test_finish_reasons_have_the_common_names(server: Server, model: Anthropic, theirs: str, ours: str) -> None:
    end = named("message_delta", delta={"stop_reason": theirs}, usage={"output_tokens": 9})
    server.says(HEAD, ANTHROPIC.start, end, ANTHROPIC.end)
    last = (await read(model))[-1]
    assert (last.finish_reason, last.usage) == (ours, TokenUsage(7, 9))


@pytest.mark.parametrize(
    ("kind", "status", "retryable"),
    [
        ("invalid_request_error", 400, False),
        ("authentication_error", 401, False),
        ("rate_limit_error", 429, True),
        ("api_error", 500, True),
        ("overloaded_error", 529, True),
        ("unheard_of", 502, True),
    ],
)
async def test_an_error_event_is_the_status_it_would_have_been(
    server: Server, model: Anthropic, kind: str, status: int, retryable: bool
) -> None:
    server.says(HEAD, named("error", error={"type": kind, "message": "no"}))
    with pytest.raises(ModelRejected) as raised:
        await read(model)
    assert (raised.value.status, raised.value.reason, raised.value.retryable) == (status, "no", retryable)


async def test_an_error_that_comes_as_a_good_document_is_an_error(server: Server, model: Anthropic) -> None:
    server.says(document({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}))
    with pytest.raises(ModelRejected) as raised:
        await read(model)
    assert raised.value.status == 529


async def test_the_list_tells_context_sizes_where_the_server_does(server: Server, model: Anthropic) -> None:
    server.says(document({"data": [{"id": "a", "max_input_tokens": 200_000}, {"id": "b"}], "has_more": False}))
    assert [found.context_tokens for found in await model.list_models()] == [200_000, None]
    assert server.calls[0].head.startswith(b"GET /v1/models?limit=1000 ")


async def test_a_wrong_key_is_told_by_the_list_too(server: Server, model: Anthropic) -> None:
    error = {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}
    server.says(document(error, "401 Unauthorized"))
    with pytest.raises(ModelError) as raised:
        await model.list_models()
    assert "invalid x-api-key" in str(raised.value)
