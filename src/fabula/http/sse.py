"""Server-sent events: the frame, and an answer that writes what a source has, until it ends or the client goes."""

import asyncio
import json
from collections.abc import Mapping
from typing import Protocol

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

HEARTBEAT_SECONDS = 15.0
HEARTBEAT = b": heartbeat\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Source(Protocol):
    """What a stream reads from. One stream, one source."""

    async def next(self) -> bytes | None:
        """All that is new, as whole frames, waiting until there is some; None at the end; empty after a nudge."""
        ...

    def nudge(self) -> None:
        """Make a waiting `next` return at once."""
        ...

    def close(self) -> None:
        """The stream is over, whoever ended it."""
        ...


STREAM = "fabula.stream"


class EventStream(Response):
    """Writes a source to a client. A slow client holds up only its own source, which merges what it missed.

    As a response it only leaves itself in the scope: the gate writes it when the framework has returned, so that
    nothing of the framework's (request, body, a dozen frames, a chain of `send`) lives as long as the stream.

    The heartbeat is one timer per stream: when it is due and something was sent since, it waits for what is left. A
    timeout around each wait would cost a timer per delta.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.status_code = 200
        self.background = None
        self._sent = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[STREAM] = self

    def start(self) -> Message:
        """The head of the response."""
        return {"type": "http.response.start", "status": 200, "headers": list(_HEADERS)}

    async def write(self, receive: Receive, send: Send) -> None:
        """Write the body, till its end or till the client has gone."""
        writer = asyncio.current_task()
        assert writer is not None
        watcher = asyncio.create_task(_cancel_when_gone(receive, writer), name="fabula-sse-watch")
        self._sent = asyncio.get_running_loop().time()
        self._beat()
        try:
            await self._write(send)
        except asyncio.CancelledError:
            if not watcher.done():
                raise  # not the client: the server stops
            writer.uncancel()
        finally:
            watcher.cancel()
            if self._timer is not None:
                self._timer.cancel()
            self.source.close()

    async def _write(self, send: Send) -> None:
        clock = asyncio.get_running_loop().time
        while (data := await self.source.next()) is not None:
            self._sent = clock()
            await send({"type": "http.response.body", "body": data or HEARTBEAT, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now >= self._sent + HEARTBEAT_SECONDS:
            self.source.nudge()
            self._sent = now  # also where the client is too slow to be written to: the next look is not at once
        self._timer = loop.call_at(self._sent + HEARTBEAT_SECONDS, self._beat)


async def _cancel_when_gone(receive: Receive, writer: asyncio.Task[None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    writer.cancel()


def frame(frame_id: str, event: str, timestamp: str, data: Mapping[str, object]) -> bytes:
    """One frame of the turn contract: the envelope repeats id and type, so that a log of `data` lines is complete."""
    envelope = {"id": frame_id, "type": event, "ts": timestamp, "data": data}
    text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
    return f"id: {frame_id}\nevent: {event}\ndata: {text}\n\n".encode()
