"""The bench's own parts, kept honest: the fake upstream says what it claims, and the load client notices what is wrong."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bench import upstream
from bench.lab import DELTA, check, count_lost
from bench.load import Reply, post, run_closed, run_open
from bench.processes import OTHER_CORE, SERVER_CORE, Process, run_announcing
from fabula.plugins import (
    ChatMessage,
    ChatRequest,
    ModelCut,
    ModelError,
    ModelGarbage,
    ModelRejected,
    ModelTimeout,
    ModelUnreachable,
)
from fabula.providers.openai_compatible import Limits, OpenAICompatible, Timeouts

ASK = post("/", {"promptText": "hi"})


@pytest.fixture(scope="module")
def fake() -> Iterator[Process]:
    with run_announcing("bench.upstream", core=OTHER_CORE) as process:
        yield process


@pytest.fixture
def timeouts() -> Timeouts:
    """As long as a busy machine needs; what waits for silence has its own."""
    return Timeouts()


@pytest.fixture
async def model(fake: Process, timeouts: Timeouts) -> AsyncIterator[OpenAICompatible]:
    made = OpenAICompatible("fake", f"{fake.url}/v1", limits=Limits(characters=10_000), timeouts=timeouts)
    yield made
    await made.close()


async def read(model: OpenAICompatible, name: str) -> tuple[str, int, str | None, ModelError | None]:
    """Text, deltas, finish reason and fault of one answer."""
    text, deltas, finish = "", 0, None
    try:
        async for batch in model.stream(ChatRequest(name, (ChatMessage("user", "hi"),), {})):
            text, deltas, finish = text + batch.content, deltas + batch.deltas, batch.finish_reason or finish
    except ModelError as error:
        return text, deltas, finish, error
    return text, deltas, finish, None


@pytest.mark.parametrize(
    ("name", "count"), [("1", 1), ("7", 7), ("10", 10), ("1003", 1003), ("6@100", 6), ("slow@0.1", 10)]
)
async def test_the_upstream_sends_as_many_deltas_as_its_model_says(
    model: OpenAICompatible, name: str, count: int
) -> None:
    assert await read(model, f"fake-{name}") == (upstream.expected_text(count), count, "stop", None)


@pytest.mark.parametrize(
    ("name", "count", "kind", "timeouts"),
    [
        ("cut@5", 5, ModelCut, Timeouts()),
        ("garbage@7", 7, ModelGarbage, Timeouts()),
        ("stall@3", 3, ModelTimeout, Timeouts(between=0.5)),
        ("slow@3", 0, ModelTimeout, Timeouts(first_byte=0.5)),
        ("429", 0, ModelRejected, Timeouts()),
        ("500", 0, ModelRejected, Timeouts()),
        ("refuse", 0, ModelUnreachable, Timeouts()),
    ],
)
async def test_the_upstream_fails_as_its_model_says(
    model: OpenAICompatible, name: str, count: int, kind: type[ModelError]
) -> None:
    text, deltas, finish, fault = await read(model, f"fake-{name}")
    assert (text, deltas, finish) == (upstream.expected_text(count), count, None)
    assert isinstance(fault, kind)


async def test_an_endless_answer_stops_at_the_bound(model: OpenAICompatible) -> None:
    text, _, finish, fault = await read(model, "fake-endless")
    assert (text, finish, fault) == (upstream.expected_text(2500), "length", None)


async def test_the_bare_relay_passes_every_delta_on(fake: Process) -> None:
    arguments = ("--upstream", f"{fake.url}/v1", "--model", "fake-400")
    with run_announcing("bench.bare", *arguments, core=SERVER_CORE) as bare:
        replies, _ = await run_closed(bare.port, [ASK] * 3, 2)
        check(replies, 400)
        assert (len(replies), count_lost(replies)) == (6, 0)
        with pytest.raises(RuntimeError, match="came out wrong"):
            check(replies, 399)


async def test_the_gaps_of_a_paced_stream_are_the_pace(fake: Process) -> None:
    arguments = ("--upstream", f"{fake.url}/v1", "--model", "fake-10@50")
    with run_announcing("bench.bare", *arguments, core=SERVER_CORE) as bare:
        replies = await run_open(bare.port, [ASK] * 2, 100)
    check(replies, 10)
    for reply in replies:
        assert len(reply.gaps(DELTA)) <= 9
        assert 0.15 < sum(reply.gaps(DELTA)) < 2  # nine gaps of 20 ms, on a machine that may be busy


async def test_a_lost_stream_is_counted(fake: Process) -> None:
    replies, _ = await run_closed(fake.port, [post("/v1/chat/completions", {"model": "fake-cut@3"})], 5)
    assert (len(replies), count_lost(replies)) == (1, 1)


async def test_a_refused_request_is_neither_lost_nor_right(fake: Process) -> None:
    (reply,) = await run_open(fake.port, [post("/v1/chat/completions", {"model": "fake-500x"})], 10)
    assert reply.text() == ""


def test_frames_of_ours_and_of_the_bare_relay_are_read_alike() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    ours = b'id: 0.2\nevent: llm.stream.delta\ndata: {"id":"0.2","type":"x","ts":"t","data":{"content":"ab"}}\n\n'
    bare = b'event: llm.stream.delta\ndata: {"content":"cd"}\n\nevent: llm.stream.done\ndata: {"data":{"content":"no"}}\n\n'
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (ours[:20], ours[20:] + bare)) + b"0\r\n\r\n"
    assert Reply(0.0, [head + body[:30], body[30:]]).text() == "abcd"
