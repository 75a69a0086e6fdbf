"""A real server in the test's own event loop: real sockets, a real database, a scripted upstream."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from fabula.app import Fabula, build_app, open_fabula
from fabula.cli.server import Server
from fabula.config import load_settings
from fabula.features.connections import Connection
from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place


@dataclass(frozen=True)
class Frame:
    id: str
    event: str
    data: dict[str, Any]


@dataclass
class Client:
    """A thin HTTP client of one server."""

    http: aiohttp.ClientSession
    address: str
    fabula: Fabula

    async def call(self, method: str, path: str, *, status: int | None = None, **kwargs: Any) -> Any:
        """Send a request; returns the JSON body (None when empty) after checking the status."""
        async with self.http.request(method, self.address + path, **kwargs) as answer:
            text = await answer.text()
            assert status is None or answer.status == status, f"{method} {path}: {answer.status} {text[:500]}"
            return json.loads(text) if text else None

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> AsyncIterator[AsyncIterator[Frame]]:
        """Open a stream; yields an iterator of its frames."""
        wanted = {"accept": "text/event-stream", **(headers or {})}
        async with self.http.request(method, self.address + path, headers=wanted, **kwargs) as answer:
            assert answer.status == 200, f"{answer.status} {await answer.text()}"
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield _frames(answer)

    async def frames(self, method: str, path: str, **kwargs: Any) -> list[Frame]:
        """A whole stream."""
        async with self.stream(method, path, **kwargs) as found:
            return [frame async for frame in found]

    async def profile(self, name: str = "Mira", **spec: Any) -> str:
        body = {"name": name, "spec": {"first_mes": "Good evening.", **spec}}
        return str((await self.call("POST", "/v1/entity-profiles", json=body, status=201))["id"])

    async def chat(self, **spec: Any) -> str:
        profile = await self.profile(**spec)
        return str((await self.call("POST", f"/v1/entity-profiles/{profile}/chats", status=201))["id"])

    async def say(self, chat: str, text: str = "Hello", **kwargs: Any) -> list[Frame]:
        return await self.frames("POST", f"/v1/chats/{chat}/messages", json={"promptText": text}, **kwargs)

    async def messages(self, chat: str, **params: Any) -> list[dict[str, Any]]:
        found = await self.call("GET", f"/v1/chats/{chat}/messages", params=params, status=200)
        return list(found["items"])


async def _frames(answer: aiohttp.ClientResponse) -> AsyncIterator[Frame]:
    fields: dict[str, str] = {}
    async for raw in answer.content:
        line = raw.decode().rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        elif fields:
            envelope = json.loads(fields["data"])
            assert envelope["id"] == fields["id"]
            assert envelope["type"] == fields["event"]
            yield Frame(fields["id"], fields["event"], envelope["data"])
            fields = {}


def text_of(frames: list[Frame]) -> str:
    """The answer's text as a client builds it from its frames."""
    text = ""
    for frame in frames:
        if frame.event == "llm.stream.delta":
            text += frame.data["content"]
        elif frame.event == "llm.stream.snapshot":
            text = frame.data["text"]
    return text


@asynccontextmanager
async def running(
    place: Place, model: ScriptedModel, *, port: int = 0, jobs: bool = False, **settings: Any
) -> AsyncIterator[Client]:
    """A server on `port` (a free one by default), answered for by `model`; without `jobs` nothing runs what is enqueued."""
    connection = Connection("scripted", model, "scripted", 8192, 256, {"temperature": 0.5})
    if place.url is not None:
        settings["database_url"] = place.url
    chosen = load_settings(data=place.data, port=0, **settings)
    listener = socket.create_server(("127.0.0.1", port))
    async with open_fabula(chosen, connection) as fabula:
        server = Server(build_app(fabula), fabula, 2, jobs=jobs)
        started = asyncio.Event()
        server.on_started = started.set
        task = asyncio.create_task(server.serve(sockets=[listener]))
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        try:
            async with aiohttp.ClientSession() as http:
                yield Client(http, f"http://127.0.0.1:{listener.getsockname()[1]}", fabula)
        finally:
            server.should_exit = True
            await task


__all__ = ["Client", "Frame", "running", "text_of"]
