"""The protocol's bytes, and what the official client makes of them."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from openai._streaming import SSEDecoder

from fabula.core.ids import GenerationId
from fabula.features.generation.live import frames
from fabula.features.generation.protocol.chunks import Chunks, created, finish_reason
from fabula.features.generation.protocol.stream import ChunkSource
from fabula.http.sse import HEARTBEAT

GENERATION = GenerationId("01a1f913-1ec3-75d9-8490-9c3dc6d01c2e")
META = frames.frame(b"0.0", b"llm.stream.meta", {"generationId": GENERATION})


class Frames:
    """A `Source` that gives these reads."""

    def __init__(self, *reads: bytes) -> None:
        self._reads = list(reads)
        self.closed = False

    async def next(self) -> bytes | None:
        return self._reads.pop(0) if self._reads else None

    def nudge(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        self.closed = True


class Silent(Frames):
    """Gives its reads at once and its end when the gate opens."""

    def __init__(self, *reads: bytes) -> None:
        super().__init__(*reads)
        self.gate = asyncio.Event()

    async def next(self) -> bytes | None:
        found = await super().next()
        if found is None:
            await self.gate.wait()
        return found


def source(*reads: bytes, with_usage: bool = False) -> ChunkSource:
    return ChunkSource(Frames(*reads), Chunks(GENERATION, 'a "model"', with_usage=with_usage), lambda: False)


async def payloads(found: ChunkSource) -> list[str]:
    data = b""
    while (piece := await found.next()) is not None:
        data += piece or HEARTBEAT
    return list(decode(data))


def decode(data: bytes) -> Iterator[str]:
    for event in SSEDecoder().iter_bytes(iter([data])):
        yield event.data


def done(**data: object) -> bytes:
    return frames.frame(b"0.2", b"llm.stream.done", {"finalText": "", "finishReason": "stop", **data})


async def test_the_official_decoder_reads_every_chunk_and_no_heartbeat() -> None:
    found = source(META, b"", frames.text_frames((0, 0), "why\n\n", 'Say "é"\r\n\n'), done())
    *chunks, last = await payloads(found)
    assert last == "[DONE]"
    read = [json.loads(chunk) for chunk in chunks]
    assert [chunk["choices"][0]["delta"] for chunk in read] == [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "why\n\n"},
        {"content": 'Say "é"\r\n\n'},
        {},
    ]
    assert {chunk["model"] for chunk in read} == {'a "model"'}
    assert {chunk["id"] for chunk in read} == {f"chatcmpl-{GENERATION}"}


async def test_several_frames_of_one_read_are_one_write() -> None:
    found = source(META + frames.text_frames((0, 0), "", "a") + done())
    data = await found.next()
    assert data is not None
    assert data.count(b"\n\n") == 4
    assert await found.next() is None


async def test_opening_keeps_what_came_and_says_how_it_stands() -> None:
    found = source(META, frames.text_frames((0, 0), "", "a"), done())
    await found.open()
    assert (found.has_text, found.is_over) == (True, False)
    first = await found.next()
    assert first is not None
    assert first.count(b"data: ") == 2  # role and text


async def test_a_fault_that_comes_first_is_known_when_it_opens() -> None:
    found = source(META, frames.frame(b"0.0", b"llm.stream.error", {"code": "model.cut", "message": "cut"}))
    await found.open()
    assert (found.has_text, found.is_over) == (False, True)
    assert found.fault == {"code": "model.cut", "message": "cut"}


async def test_opening_does_not_wait_for_a_slow_model() -> None:
    silent = Silent(META)
    found = ChunkSource(silent, Chunks(GENERATION, "m", with_usage=False), lambda: False)
    await found.open(0.01)
    assert (found.has_text, found.is_over) == (False, False)
    assert (await found.next() or b"").count(b"data: ") == 1  # the role
    silent.gate.set()
    assert await found.next() is None


async def test_a_snapshot_is_the_text_unless_text_was_sent() -> None:
    whole = frames.snapshot_frame("", "whole")
    start = [json.loads(p)["choices"][0]["delta"] for p in (await payloads(source(META, whole, done())))[:-1]]
    assert {"content": "whole"} in start
    later = await payloads(source(META, frames.text_frames((0, 0), "", "wh"), whole, done()))
    assert "whole" not in str(later)


async def test_usage_stands_in_a_chunk_of_its_own_and_is_null_in_the_others() -> None:
    usage = {"promptTokens": 3, "completionTokens": None}
    *chunks, counted, last = await payloads(source(META, done(usage=usage), with_usage=True))
    assert last == "[DONE]"
    assert [json.loads(chunk)["usage"] for chunk in chunks] == [None, None]
    assert json.loads(counted)["choices"] == []
    assert json.loads(counted)["usage"] == {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3}


async def test_closing_closes_what_it_reads_from() -> None:
    inner = Frames()
    ChunkSource(inner, Chunks(GENERATION, "m", with_usage=False), lambda: False).close()
    assert inner.closed


def test_an_answer_is_as_old_as_its_generation() -> None:
    assert created(GENERATION) == int("01a1f9131ec3", 16) // 1000


@pytest.mark.parametrize(
    ("found", "told"), [("stop", "stop"), ("length", "length"), (None, "stop"), ("tool_calls", "stop"), ("eos", "stop")]
)
def test_finish_reasons_are_the_protocols_own(found: str | None, told: str) -> None:
    assert finish_reason(found) == told
