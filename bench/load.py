"""The load client: streams over raw sockets, looked at only when the clock has stopped.

While streams run, each network read costs one append and one clock call; un-chunking, parsing and the comparison of
every text with what the upstream sent come after. One connection carries one request at a time and is kept alive.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import msgspec

_clock = time.perf_counter  # uvloop's own clock ticks in milliseconds
_END = b"\r\n0\r\n\r\n"  # the empty chunk that ends a body


@dataclass(slots=True)
class Reply:
    """One answer as it came: `pieces[i]` arrived at `times[i]`; `is_lost` if the connection ended before the body."""

    asked: float
    pieces: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    is_lost: bool = False

    def delta_times(self, marker: bytes) -> list[float]:
        """When the reads that brought deltas arrived."""
        return [time for piece, time in zip(self.pieces, self.times, strict=True) if marker in piece]

    def gaps(self, marker: bytes) -> list[float]:
        """Seconds between one read with deltas and the next."""
        return [after - before for before, after in pairwise(self.delta_times(marker))]

    def first_delta(self, marker: bytes) -> float:
        """Seconds from the request to the first delta."""
        return self.delta_times(marker)[0] - self.asked

    def text(self) -> str:
        """The whole text, put together from the deltas; "" for a lost or refused stream."""
        raw = b"".join(self.pieces)
        head, _, body = raw.partition(b"\r\n\r\n")
        if self.is_lost or not head.startswith(b"HTTP/1.1 200"):
            return ""
        return "".join(_content(frame) for frame in _unchunk(body).split(b"\n\n"))

    def complaint(self) -> str:
        """The beginning of what came, for a message about a wrong answer."""
        raw = b"".join(self.pieces)
        return f"lost after {len(raw)} bytes" if self.is_lost else raw[:100].decode() + " … " + raw[-400:].decode()


class _Data(msgspec.Struct):
    content: str = ""


class _Frame(msgspec.Struct):
    """Ours wraps the content in `data`; the bare relay does not."""

    content: str = ""
    data: _Data | None = None


_decode = msgspec.json.Decoder(_Frame).decode
_DELTA = re.compile(rb"^event: llm\.stream\.delta$.*?^data: (.*?)$", re.MULTILINE | re.DOTALL)


def _content(frame: bytes) -> str:
    match = _DELTA.search(frame)
    if match is None:
        return ""
    decoded = _decode(match[1])
    return decoded.data.content if decoded.data else decoded.content


def _unchunk(body: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while at < len(body):
        size_end = body.index(b"\r\n", at)
        size = int(body[at:size_end], 16)
        parts.append(body[size_end + 2 : size_end + 2 + size])
        at = size_end + 2 + size + 2
    return b"".join(parts)


class Connection(asyncio.Protocol):
    """A keep-alive connection."""

    def __init__(self) -> None:
        self._reply: Reply | None = None
        self._waiter: asyncio.Future[Reply] | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass

    def ask(self, request: bytes) -> asyncio.Future[Reply]:
        """Send a request; the future is done when its body has ended or the connection is lost."""
        self._reply = Reply(_clock())
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiter

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._reply is None:
            return
        self._reply.times.append(_clock())
        self._reply.pieces.append(data)
        self._tail = (self._tail + data)[-len(_END) :] if len(data) < len(_END) else data[-len(_END) :]
        if self._tail == _END:
            self._settle()
        elif len(self._reply.pieces) == 1 and not data.startswith(b"HTTP/1.1 200"):
            self._settle()  # refused; whatever follows is dropped with the connection
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._reply is not None:
            self._reply.is_lost = True
            self._settle()

    def _settle(self) -> None:
        reply, waiter, self._reply, self._tail = self._reply, self._waiter, None, b""
        if waiter is not None and reply is not None and not waiter.done():
            waiter.set_result(reply)


def post(path: str, body: object) -> bytes:
    """A POST that asks for a stream, ready to send."""
    data = json.dumps(body, ensure_ascii=False).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n"
        f"Content-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


async def _connect(port: int) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


async def run_closed(port: int, requests: Sequence[bytes], turns: int) -> tuple[list[Reply], float]:
    """Keep one stream per element of `requests` going till each has had `turns`; give the replies and the seconds."""
    connections = [await _connect(port) for _ in requests]
    replies: list[Reply] = []

    async def work(connection: Connection, request: bytes) -> None:
        for _ in range(turns):
            reply = await connection.ask(request)
            replies.append(reply)
            if reply.is_lost:
                return

    started = _clock()
    await asyncio.gather(*map(work, connections, requests))
    seconds = _clock() - started
    for connection in connections:
        connection.close()
    return replies, seconds


async def run_open(
    port: int, requests: Sequence[bytes], rate: float, when_all_run: Callable[[], None] | None = None
) -> list[Reply]:
    """Start one stream per request, `rate` a second whatever the others do, each on its own connection."""
    connections = [await _connect(port) for _ in requests]
    started = _clock()
    replies: list[asyncio.Future[Reply]] = []
    for index, (connection, request) in enumerate(zip(connections, requests, strict=True)):
        await asyncio.sleep(max(0.0, started + index / rate - _clock()))
        replies.append(connection.ask(request))
    if when_all_run is not None:
        when_all_run()
    done = await asyncio.gather(*replies)
    for connection in connections:
        connection.close()
    return done


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
