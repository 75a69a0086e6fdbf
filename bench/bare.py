"""The bare pass-through: what the speed rows are measured against.

    python -m bench.bare --port 0 --upstream http://127.0.0.1:N/v1 --model fake-1000

The least a relay can do and still be one: the request is parsed, the upstream's chunks are decoded into typed objects,
each delta is framed again, and all frames of one network read go out in one write. Nothing is stored, nothing can be
resumed. One ASGI function on uvicorn (uvloop, httptools), no framework.
"""

import argparse
import json
import socket
from collections.abc import Awaitable, Callable, MutableMapping

import aiohttp
import msgspec
import uvicorn

Message = MutableMapping[str, object]
_HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]


class _Post(msgspec.Struct):
    promptText: str  # noqa: N815 - the field's name on the wire


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta
    finish_reason: str | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice]


_decode = msgspec.json.Decoder(_Chunk).decode
_encode = msgspec.json.Encoder().encode


class Relay:
    """The ASGI application."""

    def __init__(self, upstream: str, model: str) -> None:
        self._url = upstream + "/chat/completions"
        self._model = model
        self._session: aiohttp.ClientSession | None = None

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            event = await receive()
            part = event.get("body", b"")
            assert isinstance(part, bytes)
            body += part
            if not event.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        if scope["method"] == "POST":
            await self._relay(msgspec.json.decode(body, type=_Post).promptText, send)
        await send({"type": "http.response.body", "body": b""})

    async def _relay(self, prompt: str, send: Callable[[Message], Awaitable[None]]) -> None:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None)
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout)
        request = {"model": self._model, "messages": [{"role": "user", "content": prompt}], "stream": True}
        async with self._session.post(self._url, data=_encode(request)) as response:
            rest = b""
            async for data in response.content.iter_any():
                events = (rest + data).split(b"\n\n")
                rest = events.pop()
                if frames := b"".join(map(_reframe, events)):
                    await send({"type": "http.response.body", "body": frames, "more_body": True})


def _reframe(event: bytes) -> bytes:
    if not event.startswith(b"data: {"):
        return b""
    choice = _decode(event[6:]).choices[0]
    if choice.delta.content:
        return b'event: llm.stream.delta\ndata: {"content":%b}\n\n' % _encode(choice.delta.content)
    return b'event: llm.stream.done\ndata: {"finishReason":%b}\n\n' % _encode(choice.finish_reason)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--model", required=True)
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", options.port), backlog=4096)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    config = uvicorn.Config(
        Relay(options.upstream, options.model), loop="uvloop", http="httptools", lifespan="off", log_level="warning"
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
