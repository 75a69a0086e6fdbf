"""`ChatModel`, kept alike by every provider that speaks HTTP, over real sockets."""

import asyncio
import gc
import socket
import weakref
from collections.abc import AsyncIterator
from contextlib import aclosing

import aiohttp.payload
import pytest

from fabula.plugins import (
    ChatBatch,
    ChatMessage,
    ChatModel,
    ChatRequest,
    ModelCut,
    ModelError,
    ModelGarbage,
    ModelRejected,
    ModelTimeout,
    ModelUnreachable,
    TokenUsage,
)
from fabula.providers.openai_compatible import Limits, Timeouts
from tests.contract.dialects import DIALECTS, KEY, Dialect
from tests.contract.scripted import HEAD, Call, Server, raw, run_server

ASK = ChatRequest("m", (ChatMessage("user", "hi"),), {"max_tokens": 100})
QUICK = Timeouts(connect=1.0, first_byte=0.8, between=0.4)


@pytest.fixture(params=sorted(DIALECTS))
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return DIALECTS[request.param]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with run_server() as running:
        yield running


@pytest.fixture
async def model(dialect: Dialect, server: Server) -> AsyncIterator[ChatModel]:
    made = dialect.make(server.url, QUICK, Limits(characters=60, event_bytes=1000))
    yield made
    await made.close()


async def read(model: ChatModel) -> tuple[list[ChatBatch], ModelError | None]:
    """All batches, and the fault that ended them."""
    batches: list[ChatBatch] = []
    try:
        async for batch in model.stream(ASK):
            batches.append(batch)  # noqa: PERF401 - those before a fault are wanted too
    except ModelError as error:
        return batches, error
    return batches, None


def text(batches: list[ChatBatch]) -> str:
    return "".join(batch.content for batch in batches)


def answer(d: Dialect, *texts: str) -> bytes:
    return HEAD + d.start + b"".join(d.say(t) for t in texts) + d.stop + d.end


async def test_an_answer_comes_as_batches_with_reason_and_usage(
    dialect: Dialect, server: Server, model: ChatModel
) -> None:
    d = dialect
    server.says(HEAD, d.start, d.think("hm"), d.say("a"), d.say("b"), d.stop, d.end)
    batches, fault = await read(model)
    assert fault is None
    assert (text(batches), "".join(b.reasoning for b in batches)) == ("ab", "hm")
    assert sum(b.deltas for b in batches) == 3
    assert [b.finish_reason for b in batches if b.finish_reason] == ["stop"]
    assert [b.usage for b in batches if b.usage][-1] == TokenUsage(7, 2)


async def test_the_call_goes_to_its_path_with_its_key(dialect: Dialect, server: Server, model: ChatModel) -> None:
    server.says(answer(dialect, "a"))
    await read(model)
    (call,) = server.calls
    assert call.head.startswith(dialect.path)
    assert dialect.auth in call.head


async def test_a_stream_sent_byte_by_byte_is_the_same_answer(
    dialect: Dialect, server: Server, model: ChatModel
) -> None:
    stream = answer(dialect, "Привет", " 🦊")
    server.says(*(stream[at : at + 1] for at in range(len(stream))))
    assert text((await read(model))[0]) == "Привет 🦊"


async def test_a_server_that_does_not_stream_gives_one_batch(
    dialect: Dialect, server: Server, model: ChatModel
) -> None:
    server.says(dialect.whole)
    (batch,), fault = await read(model)
    assert fault is None
    assert (batch.content, batch.reasoning, batch.finish_reason) == ("whole", "hm", "stop")
    assert batch.usage == TokenUsage(7, 2)


async def test_an_address_where_nothing_listens_is_unreachable(dialect: Dialect) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        model = dialect.make(f"http://127.0.0.1:{closed.getsockname()[1]}/v1", None, None)
        assert isinstance((await read(model))[1], ModelUnreachable)
        with pytest.raises(ModelUnreachable):
            await model.list_models()
    await model.close()


async def test_a_reset_before_the_answer_is_unreachable(dialect: Dialect, server: Server, model: ChatModel) -> None:
    async def script(call: Call) -> None:
        call.reset()

    server.script = script
    assert isinstance((await read(model))[1], ModelUnreachable)


@pytest.mark.parametrize("progress", ["nothing", "head", "half"])
async def test_silence_times_out_and_closes_the_connection(
    dialect: Dialect, server: Server, model: ChatModel, progress: str
) -> None:
    sent = {"nothing": [], "head": [HEAD], "half": [HEAD, dialect.start + dialect.say("half")]}[progress]

    async def script(call: Call) -> None:
        await call.send(*sent)
        await call.hang()

    server.script = script
    batches, fault = await read(model)
    assert isinstance(fault, ModelTimeout)
    assert fault.seconds == (QUICK.between if progress == "half" else QUICK.first_byte)
    assert text(batches) == ("half" if progress == "half" else "")
    await asyncio.wait_for(server.calls[0].left.wait(), 10)


async def test_an_http_error_carries_its_reason_and_wait_but_never_the_key(
    dialect: Dialect, server: Server, model: ChatModel
) -> None:
    server.says(dialect.refusal)
    _, fault = await read(model)
    assert isinstance(fault, ModelRejected)
    assert (fault.status, fault.reason, fault.retry_after, fault.retryable) == (429, "slow down, ***", 3.0, True)
    assert KEY not in str(fault)


async def test_a_redirect_is_not_followed(dialect: Dialect, server: Server, model: ChatModel) -> None:
    server.says(raw(b"", "307 Temporary Redirect", "Location: http://127.0.0.1:1/\r\n"))
    _, fault = await read(model)
    assert isinstance(fault, ModelRejected)
    assert (fault.status, len(server.calls)) == (307, 1)


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        raw(b"<h1>hello</h1>", extra="Content-Type: text/html\r\n"),
        raw(b"{nope", extra="Content-Type: application/json\r\n"),
        HEAD + b"x" * 1001,
    ],
)
async def test_what_is_not_the_protocol_is_garbage(server: Server, model: ChatModel, said: bytes) -> None:
    server.says(said)
    batches, fault = await read(model)
    assert isinstance(fault, ModelGarbage)
    assert batches == []


@pytest.mark.parametrize(
    ("rest", "kind"), [("", ModelCut), ("end", ModelCut), ("broken_event", ModelGarbage), ("reported", ModelRejected)]
)
async def test_the_text_before_a_fault_is_kept(
    dialect: Dialect, server: Server, model: ChatModel, rest: str, kind: type[ModelError]
) -> None:
    server.says(HEAD + dialect.start + dialect.say("half") + (getattr(dialect, rest) if rest else b""))
    batches, fault = await read(model)
    assert isinstance(fault, kind)
    assert text(batches) == "half"


async def test_an_error_event_before_any_text_can_be_tried_again(
    dialect: Dialect, server: Server, model: ChatModel
) -> None:
    server.says(HEAD + dialect.reported)
    batches, fault = await read(model)
    assert isinstance(fault, ModelRejected)
    assert (batches, fault.status, fault.retryable) == ([], 529, True)


async def test_what_goes_wrong_after_the_finish_reason_does_not_matter(
    dialect: Dialect, server: Server, model: ChatModel
) -> None:
    server.says(HEAD + dialect.start + dialect.say("a") + dialect.stop + dialect.broken_event)
    batches, fault = await read(model)
    assert (text(batches), fault) == ("a", None)


async def test_an_endless_answer_is_stopped_at_its_bound(dialect: Dialect, server: Server, model: ChatModel) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD, dialect.start)
        while not call.left.is_set():
            await call.send(dialect.say("word "))

    server.script = script
    batches, fault = await read(model)
    assert (fault, len(text(batches)), batches[-1].finish_reason) == (None, 60, "length")
    await asyncio.wait_for(server.calls[0].left.wait(), 10)


async def test_a_connection_serves_the_next_answer_too(dialect: Dialect, server: Server, model: ChatModel) -> None:
    body = answer(dialect, "a").removeprefix(HEAD)

    async def script(call: Call) -> None:
        await call.send(raw(body, extra="Content-Type: text/event-stream\r\n"))

    server.script = script
    for _ in range(3):
        assert (await read(model))[1] is None
    assert (server.connections, len(server.calls)) == (1, 3)


async def test_closing_the_generator_closes_the_connection(dialect: Dialect, server: Server, model: ChatModel) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD, dialect.start + dialect.say("a"))
        await call.hang()

    server.script = script
    async with aclosing(model.stream(ASK)) as stream:
        await anext(stream)
    await asyncio.wait_for(server.calls[0].left.wait(), 10)


async def test_closing_the_provider_cuts_its_streams(dialect: Dialect, server: Server, model: ChatModel) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD, dialect.start + dialect.say("a"))
        await call.hang()

    server.script = script
    async with aclosing(model.stream(ASK)) as stream:
        await anext(stream)
        await model.close()
        with pytest.raises(ModelCut):
            await anext(stream)


class _Params(dict[str, int]):
    """A mapping one can hold weakly."""


async def test_nothing_of_the_prompt_lives_while_the_answer_streams(
    dialect: Dialect, server: Server, model: ChatModel
) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD, dialect.start + dialect.say("a"))
        await call.hang()

    server.script = script
    params = _Params(max_tokens=9)
    seen = weakref.ref(params)
    stream = model.stream(ChatRequest("m", (ChatMessage("user", "x" * 100_000),), params))
    del params
    async with aclosing(stream):
        await anext(stream)
        gc.collect()
        assert seen() is None
        bodies = [found for found in gc.get_objects() if type(found) is aiohttp.payload.BytesPayload]
        assert [body.size for body in bodies if body.size] == []


async def test_the_list_of_models(dialect: Dialect, server: Server, model: ChatModel) -> None:
    server.says(dialect.models)
    assert [(found.id, found.name) for found in await model.list_models()] == [("a", "a"), ("b", "Bee")]


async def test_a_list_that_is_none_is_garbage(server: Server, model: ChatModel) -> None:
    server.says(raw(b'{"models": []}', extra="Content-Type: application/json\r\n"))
    with pytest.raises(ModelGarbage):
        await model.list_models()
