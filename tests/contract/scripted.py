"""A real HTTP server on loopback that says byte for byte what a test wants a model's server to say."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def delta(finish: str | None = None, **fields: str) -> bytes:
    return event({"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]})


def event(payload: object) -> bytes:
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def document(payload: object, status: str = "200 OK", extra: str = "") -> bytes:
    return raw(json.dumps(payload).encode(), status, "Content-Type: application/json\r\n" + extra)


def raw(body: bytes, status: str = "200 OK", extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass
class Call:
    """One request, and the way to answer it. `left` is set when the client closes the connection."""

    head: bytes
    body: bytes
    left: asyncio.Event
    writer: asyncio.StreamWriter

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def hang(self) -> None:
        await asyncio.wait_for(self.left.wait(), 20)

    def reset(self) -> None:
        self.writer.transport.abort()


Script = Callable[[Call], Awaitable[None]]


@dataclass
class Server:
    url: str
    script: Script
    calls: list[Call] = field(default_factory=list)
    connections: int = 0

    def says(self, *pieces: bytes) -> None:
        """Answer every call with these bytes, then close the connection."""

        async def script(call: Call) -> None:
            await call.send(*pieces)
            call.writer.close()

        self.script = script

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await _read_head(reader):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                call = Call(head, await reader.readexactly(length), asyncio.Event(), writer)
                self.calls.append(call)
                watch = asyncio.create_task(_watch(reader, call.left))
                await self.script(call)
                watch.cancel()
                await asyncio.wait([watch])
        except ConnectionError:
            return  # the client is gone: what the test wanted
        finally:
            writer.close()


async def _read_head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


async def _watch(reader: asyncio.StreamReader, left: asyncio.Event) -> None:
    """Wait for the client's end without taking a byte of its next request."""
    try:
        while not reader.at_eof() and reader.exception() is None:
            await asyncio.sleep(0.005)
    finally:
        if reader.at_eof() or reader.exception() is not None:
            left.set()


async def _nothing(call: Call) -> None:
    await call.hang()


@asynccontextmanager
async def run_server() -> AsyncIterator[Server]:
    server = Server("", _nothing)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()
