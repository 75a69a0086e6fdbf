"""A stream is never silent for longer than a heartbeat, whatever was sent before. The loop's clock is the test's."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import Message

from fabula.http.sse import HEARTBEAT, HEARTBEAT_SECONDS, EventStream


class Simulated(asyncio.SelectorEventLoop):
    """A loop whose seconds pass when the test says so."""

    now = 1000.0

    def time(self) -> float:
        return self.now

    async def wait(self, seconds: int) -> None:
        await self._settle()
        for _ in range(seconds):
            self.now += 1.0
            await self._settle()

    async def _settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


class Talk:
    """A source that says what the test says."""

    def __init__(self) -> None:
        self._said = asyncio.Queue[bytes | None]()

    async def next(self) -> bytes | None:
        return await self._said.get()

    def say(self, data: bytes | None) -> None:
        self._said.put_nowait(data)

    def nudge(self) -> None:
        self.say(b"")

    def close(self) -> None:
        """Nothing to release."""


Heard = list[tuple[float, bytes]]


def listen(talk: Callable[[Simulated, Talk], Awaitable[None]]) -> Heard:
    """What a client receives, each with the second since the start."""
    heard: Heard = []
    loop = Simulated()
    begun = loop.now

    async def send(message: Message) -> None:
        if body := message["body"]:
            heard.append((loop.now - begun, body))

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def run() -> None:
        source = Talk()
        writing = asyncio.create_task(EventStream(source).write(receive, send))
        await talk(loop, source)
        source.say(None)
        await writing

    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    return heard


def test_a_silent_stream_beats_every_fifteen_seconds() -> None:
    async def say_nothing(loop: Simulated, talk: Talk) -> None:
        await loop.wait(50)

    assert HEARTBEAT_SECONDS == 15.0
    assert listen(say_nothing) == [(15.0, HEARTBEAT), (30.0, HEARTBEAT), (45.0, HEARTBEAT)]


def test_text_just_after_a_heartbeat_delays_the_next_by_no_more_than_that() -> None:
    async def say_once(loop: Simulated, talk: Talk) -> None:
        await loop.wait(16)
        talk.say(b"text")
        await loop.wait(31)

    assert listen(say_once) == [(15.0, HEARTBEAT), (16.0, b"text"), (31.0, HEARTBEAT), (46.0, HEARTBEAT)]


def test_a_talking_stream_does_not_beat() -> None:
    async def say_much(loop: Simulated, talk: Talk) -> None:
        for _ in range(10):
            talk.say(b"text")
            await loop.wait(14)

    assert {data for _, data in listen(say_much)} == {b"text"}
