"""`ChatModel`, kept by the OpenAI-compatible provider over real sockets."""

import asyncio
import gc
import gzip
import json
import socket
import tracemalloc
import weakref
from collections.abc import AsyncIterator, Awaitable
from contextlib import aclosing

import pytest

from fabula.plugins import (
    ChatBatch,
    ChatMessage,
    ChatModel,
    ChatRequest,
    ModelCut,
    ModelError,
    ModelGarbage,
    ModelInfo,
    ModelRejected,
    ModelTimeout,
    ModelUnreachable,
    TokenUsage,
)
from fabula.providers.openai_compatible import Limits, OpenAICompatible, Timeouts
from tests.contract.scripted import DONE, HEAD, Call, Server, delta, document, event, raw, run_server

ASK = ChatRequest("m", (ChatMessage("user", "hi"),), {})
QUICK = Timeouts(connect=1.0, first_byte=0.8, between=0.4)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with run_server() as running:
        yield running


@pytest.fixture
async def model(server: Server) -> AsyncIterator[OpenAICompatible]:
    made = OpenAICompatible("test", server.url, "sk-secret")
    yield made
    await made.close()


@pytest.fixture
async def hasty(server: Server) -> AsyncIterator[OpenAICompatible]:
    made = OpenAICompatible("test", server.url, timeouts=QUICK, limits=Limits(characters=50, event_bytes=500))
    yield made
    await made.close()


async def read(model: ChatModel, request: ChatRequest = ASK) -> tuple[list[ChatBatch], ModelError | None]:
    """All batches, and the fault that ended them."""
    batches: list[ChatBatch] = []
    try:
        async for batch in model.stream(request):
            batches.append(batch)  # noqa: PERF401 - those before a fault are wanted too
    except ModelError as error:
        return batches, error
    return batches, None


def text(batches: list[ChatBatch]) -> str:
    return "".join(batch.content for batch in batches)


async def test_an_answer_comes_as_batches_with_reason_and_usage(server: Server, model: OpenAICompatible) -> None:
    usage = event({"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2}})
    server.says(HEAD, delta(reasoning_content="hm"), delta(content="a"), delta(content="b"), delta("stop"), usage, DONE)
    batches, fault = await read(model)
    assert fault is None
    assert (text(batches), "".join(b.reasoning for b in batches)) == ("ab", "hm")
    assert sum(b.deltas for b in batches) == 3
    assert [b.finish_reason for b in batches if b.finish_reason] == ["stop"]
    assert [b.usage for b in batches if b.usage] == [TokenUsage(4, 2)]


async def test_a_stream_sent_byte_by_byte_is_the_same_answer(server: Server, model: OpenAICompatible) -> None:
    stream = HEAD + delta(content="Привет") + b": ping\r\n\r\n" + delta(content=" 🦊") + delta("stop") + DONE
    server.says(*(stream[at : at + 1] for at in range(len(stream))))
    assert (text((await read(model))[0])) == "Привет 🦊"


async def test_what_is_sent(server: Server, model: OpenAICompatible) -> None:
    server.says(HEAD, delta("stop"))
    await read(model, ChatRequest("m", (ChatMessage("user", "hi"),), {"temperature": 0.5}))
    (call,) = server.calls
    assert call.head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert b"Authorization: Bearer sk-secret\r\n" in call.head
    assert json.loads(call.body) == {
        "temperature": 0.5,
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_a_server_that_does_not_stream_gives_one_batch(server: Server, model: OpenAICompatible) -> None:
    message = {"role": "assistant", "content": "whole", "reasoning": "hm"}
    usage = {"prompt_tokens": 4, "completion_tokens": 2}
    server.says(document({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}))
    assert await read(model) == ([ChatBatch("whole", "hm", 1, "stop", TokenUsage(4, 2))], None)


async def test_a_compressed_stream_is_read(server: Server, model: OpenAICompatible) -> None:
    body = gzip.compress(delta(content="packed") + delta("stop") + DONE)
    server.says(raw(body, extra="Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"))
    batches, fault = await read(model)
    assert (text(batches), fault) == ("packed", None)


async def test_usage_is_not_asked_for_again_where_it_was_refused(server: Server, model: OpenAICompatible) -> None:
    async def script(call: Call) -> None:
        if b"stream_options" in call.body:
            await call.send(document({"detail": "stream_options: extra inputs are not permitted"}, "422 Unprocessable"))
        else:
            await call.send(HEAD, delta(content="ok"), delta("stop"), DONE)
            call.writer.close()

    server.script = script
    assert text((await read(model))[0]) == "ok"
    assert text((await read(model))[0]) == "ok"
    assert len(server.calls) == 3


async def test_a_connection_serves_the_next_answer_too(server: Server, model: OpenAICompatible) -> None:
    body = delta(content="a") + delta("stop") + DONE

    async def script(call: Call) -> None:
        await call.send(raw(body, extra="Content-Type: text/event-stream\r\n"))

    server.script = script
    for _ in range(3):
        assert (await read(model))[1] is None
    assert (server.connections, len(server.calls)) == (1, 3)


async def test_an_open_end_after_done_does_not_hold_the_answer_back(server: Server, model: OpenAICompatible) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD, delta(content="a"), delta("stop"), DONE)
        await call.hang()

    server.script = script
    async with asyncio.timeout(10):
        assert (await read(model))[1] is None
    await asyncio.wait_for(server.calls[0].left.wait(), 10)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/v1", "http://nowhere.invalid/v1", "ftp://here/v1", "nonsense", "http://a..b/v1"]
)
async def test_an_address_where_nothing_listens_is_unreachable(url: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        model = OpenAICompatible("test", url.format(port=closed.getsockname()[1]))
        assert isinstance((await read(model))[1], ModelUnreachable)
        with pytest.raises(ModelUnreachable):
            await model.list_models()
    await model.close()


async def test_a_key_that_would_end_its_header_is_told(server: Server) -> None:
    model = OpenAICompatible("test", server.url, "sk-a\r\nX-Evil: 1")
    fault = (await read(model))[1]
    assert isinstance(fault, ModelUnreachable)
    assert "its key holds a line break" in fault.message
    assert server.calls == []


async def test_a_connection_that_is_never_accepted_times_out() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        model = OpenAICompatible("test", f"http://127.0.0.1:{full.getsockname()[1]}/v1", timeouts=QUICK)
        fault = (await read(model))[1]
    await model.close()
    assert isinstance(fault, ModelTimeout)
    assert fault.seconds in {QUICK.connect, QUICK.first_byte}


async def test_a_reset_before_the_answer_is_unreachable(server: Server, model: OpenAICompatible) -> None:
    async def script(call: Call) -> None:
        call.reset()

    server.script = script
    assert isinstance((await read(model))[1], ModelUnreachable)


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [([], QUICK.first_byte), ([HEAD], QUICK.first_byte), ([HEAD, delta(content="half")], QUICK.between)],
)
async def test_silence_times_out_and_closes_the_connection(
    server: Server, hasty: OpenAICompatible, sent: list[bytes], seconds: float
) -> None:
    async def script(call: Call) -> None:
        await call.send(*sent)
        await call.hang()

    server.script = script
    batches, fault = await read(hasty)
    assert isinstance(fault, ModelTimeout)
    assert (fault.seconds, text(batches)) == (seconds, "half" if len(sent) == 2 else "")
    await asyncio.wait_for(server.calls[0].left.wait(), 10)


async def test_comments_are_no_silence(server: Server) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD)
        for _ in range(12):
            await call.send(b": still thinking\n\n")
            await asyncio.sleep(0.1)
        await call.send(delta(content="a"), delta("stop"), DONE)
        call.writer.close()

    server.script = script
    model = OpenAICompatible("test", server.url, timeouts=Timeouts(connect=10, first_byte=10, between=1.0))
    assert (await read(model))[1] is None
    await model.close()


async def test_a_slow_reader_is_no_silence(server: Server, hasty: OpenAICompatible) -> None:
    server.says(HEAD, delta(content="a"), delta(content="b"), delta("stop"), DONE)
    async for batch in hasty.stream(ASK):
        await asyncio.sleep(QUICK.between * 1.5)
        if batch.finish_reason:
            return
    pytest.fail("no finish reason came")


async def test_an_http_error_carries_its_reason_and_wait(server: Server, model: OpenAICompatible) -> None:
    error = {"error": {"message": "slow down, sk-secret", "type": "rate"}}
    server.says(document(error, "429 Too Many Requests", "Retry-After: 3\r\n"))
    _, fault = await read(model)
    assert isinstance(fault, ModelRejected)
    assert (fault.status, fault.reason, fault.retry_after, fault.retryable) == (429, "slow down, ***", 3.0, True)


async def test_a_redirect_is_not_followed(server: Server, model: OpenAICompatible) -> None:
    server.says(raw(b"", "307 Temporary Redirect", "Location: http://127.0.0.1:1/\r\n"))
    _, fault = await read(model)
    assert isinstance(fault, ModelRejected)
    assert (fault.status, len(server.calls)) == (307, 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        raw(b"<h1>hello</h1>", extra="Content-Type: text/html\r\n"),
        raw(b"{nope", extra="Content-Type: application/json\r\n"),
        raw(b"no gzip", extra="Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"),
        HEAD + b"data: {nope\n\n",
        HEAD + b"x" * 501,
    ],
)
async def test_what_is_not_the_protocol_is_garbage(server: Server, hasty: OpenAICompatible, answer: bytes) -> None:
    server.says(answer)
    batches, fault = await read(hasty)
    assert isinstance(fault, ModelGarbage)
    assert batches == []


@pytest.mark.parametrize(
    ("rest", "kind"),
    [
        (b"", ModelCut),
        (DONE, ModelCut),
        (b'data: {"cho', ModelCut),
        (b"data: {nope\n\n", ModelGarbage),
        (event({"error": {"message": "out of memory", "code": 500}}), ModelRejected),
    ],
)
async def test_the_text_before_a_fault_is_kept(
    server: Server, model: OpenAICompatible, rest: bytes, kind: type[ModelError]
) -> None:
    server.says(HEAD + delta(content="half") + rest)
    batches, fault = await read(model)
    assert isinstance(fault, kind)
    assert text(batches) == "half"


@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", "Content-Length: 5000"])
async def test_a_connection_lost_inside_the_body_is_a_cut(
    server: Server, model: OpenAICompatible, framing: str
) -> None:
    body = delta(content="half")
    sized = b"%x\r\n%b\r\n" % (len(body), body) if "chunked" in framing else body
    server.says(HEAD.replace(b"\r\n\r\n", b"\r\n" + framing.encode() + b"\r\n\r\n"), sized)
    batches, fault = await read(model)
    assert isinstance(fault, ModelCut)
    assert text(batches) == "half"


async def test_a_body_that_breaks_its_framing_is_a_fault_of_the_model(server: Server, model: OpenAICompatible) -> None:
    head = HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    server.says(head, b"zz\r\nnot a chunk\r\n")
    assert isinstance((await read(model))[1], ModelGarbage | ModelCut)


@pytest.mark.parametrize("rest", [b"data: {nope\n\n", event({"error": "late"})])
async def test_what_goes_wrong_after_the_finish_reason_does_not_matter(
    server: Server, model: OpenAICompatible, rest: bytes
) -> None:
    server.says(HEAD + delta(content="a") + delta("stop") + rest)
    batches, fault = await read(model)
    assert (text(batches), fault) == ("a", None)


async def test_a_connection_lost_after_the_finish_reason_loses_nothing(server: Server, model: OpenAICompatible) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD, delta(content="a"), delta("stop"))
        await asyncio.sleep(0.05)
        call.reset()

    server.script = script
    batches, fault = await read(model)
    assert (text(batches), fault) == ("a", None)


async def test_an_endless_answer_is_stopped_at_its_bound(server: Server, hasty: OpenAICompatible) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD)
        while not call.left.is_set():
            await call.send(delta(content="word "))

    server.script = script
    batches, fault = await read(hasty)
    assert (fault, len(text(batches)), batches[-1].finish_reason) == (None, 50, "length")
    await asyncio.wait_for(server.calls[0].left.wait(), 10)


async def test_closing_the_generator_closes_the_connection(server: Server, model: OpenAICompatible) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD, delta(content="a"))
        await call.hang()

    server.script = script
    async with aclosing(model.stream(ASK)) as stream:
        await anext(stream)
    await asyncio.wait_for(server.calls[0].left.wait(), 10)


@pytest.mark.parametrize("sent", [[], [HEAD], [HEAD, delta(content="a")]])
async def test_cancelling_closes_the_connection_and_leaves_no_task(
    server: Server, model: OpenAICompatible, sent: list[bytes]
) -> None:
    async def script(call: Call) -> None:
        await call.send(*sent)
        await call.hang()

    server.script = script
    before = asyncio.all_tasks()
    reader = asyncio.create_task(read(model))
    async with asyncio.timeout(10):
        while not server.calls:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.02)
        reader.cancel()
        await asyncio.wait([reader])
        await server.calls[0].left.wait()
        await model.close()
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("is_waiting", [True, False])
async def test_closing_the_provider_cuts_its_streams(server: Server, model: OpenAICompatible, is_waiting: bool) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD, delta(content="a"))
        await call.hang()

    server.script = script
    async with aclosing(model.stream(ASK)) as stream:
        await anext(stream)
        following: Awaitable[ChatBatch] = anext(stream)
        if is_waiting:
            following = asyncio.ensure_future(following)
            await asyncio.sleep(0.02)
        await model.close()
        with pytest.raises(ModelCut):
            await following


class _Params(dict[str, str]):
    """A mapping one can hold weakly."""


async def test_nothing_of_the_prompt_lives_while_the_answer_streams(server: Server, model: OpenAICompatible) -> None:
    async def script(call: Call) -> None:
        await call.send(HEAD, delta(content="a"))
        await call.hang()

    server.script = script
    params = _Params(user="u")
    seen = weakref.ref(params)
    tracemalloc.start()
    try:
        stream = model.stream(ChatRequest("m", (ChatMessage("user", "x" * 4_000_000),), params))
        del params
        async with aclosing(stream):
            await anext(stream)
            server.calls[0].body = b""
            gc.collect()
            assert seen() is None
            assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()


async def test_the_list_of_models_and_the_family_it_tells(server: Server, model: OpenAICompatible) -> None:
    listed = [
        {"id": "a", "owned_by": "llamacpp", "meta": {"n_ctx_train": 2048}},
        {"id": "b", "name": "Bee", "context_length": 4096},
        {"id": "c", "max_model_len": 8192},
    ]
    server.says(document({"object": "list", "data": listed}))
    assert await model.list_models() == (
        ModelInfo("a", "a", 2048),
        ModelInfo("b", "Bee", 4096),
        ModelInfo("c", "c", 8192),
    )
    assert model.capabilities.family == "llama.cpp"


async def test_a_list_that_is_none_is_garbage(server: Server, model: OpenAICompatible) -> None:
    server.says(document({"models": []}))
    with pytest.raises(ModelGarbage):
        await model.list_models()


async def test_a_wrong_key_is_told_by_the_list_too(server: Server, model: OpenAICompatible) -> None:
    server.says(document({"error": {"message": "bad key"}}, "401 Unauthorized"))
    with pytest.raises(ModelRejected) as raised:
        await model.list_models()
    assert (raised.value.status, raised.value.retryable) == (401, False)
