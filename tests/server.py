"""A real server in the test's own event loop: real sockets, a real database, a scripted upstream."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
from fastapi import FastAPI

from fabula.app import Fabula, build_app, open_fabula
from fabula.cli.server import Server
from fabula.config import load_settings
from fabula.core.actor import ROLE_SCOPES, Actor, ActorKind, Role
from fabula.core.ids import UserId, WorkspaceId, uuid7
from fabula.db import WriteTx
from fabula.features.connections import Connection
from fabula.features.identity.http import local_resolver
from fabula.features.identity.store import insert_owner
from fabula.http.deps import HttpContext
from fabula.plugins import ChatBatch, ChatModel, ChatRequest, ModelInfo
from fabula.plugins.testing import ScriptedModel
from fabula.providers.embedded.pull import SOURCES, Source
from tests.conftest import Place


@dataclass(frozen=True)
class Frame:
    id: str
    event: str
    data: dict[str, Any]


@dataclass(repr=False)
class Client:
    """A thin HTTP client of one server."""

    http: aiohttp.ClientSession
    address: str
    fabula: Fabula
    app: FastAPI

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
    place: Place,
    model: ChatModel,
    *,
    port: int = 0,
    jobs: bool = False,
    sources: Mapping[str, Source] = SOURCES,
    **settings: Any,
) -> AsyncIterator[Client]:
    """A server on `port` (a free one by default), answered for by `model`; without `jobs` nothing runs what is enqueued.

    `sources` are the local models that it can fetch.
    """
    connection = Connection("scripted", model, "scripted", 8192, 256, {"temperature": 0.5})
    if place.url is not None:
        settings["database_url"] = place.url
    chosen = load_settings(data=place.data, port=0, **settings)
    listener = socket.create_server(("127.0.0.1", port))
    # asyncio sets it only on sockets that name their protocol; without it answers wait 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    async with open_fabula(chosen, connection, sources) as fabula:
        app = build_app(fabula)
        server = Server(app, fabula, 2, jobs=jobs)
        started = asyncio.Event()
        server.on_started = started.set
        task = asyncio.create_task(server.serve(sockets=[listener]))
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        try:
            async with aiohttp.ClientSession() as http:
                yield Client(http, f"http://127.0.0.1:{listener.getsockname()[1]}", fabula, app)
        finally:
            server.should_exit = True
            await task


class Stage:
    """A `ChatModel` that hands each call to the model of the test that is on."""

    def __init__(self) -> None:
        self.model = ScriptedModel()

    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatBatch]:
        return self.model.stream(request)

    async def list_models(self) -> tuple[ModelInfo, ...]:
        return await self.model.list_models()

    async def close(self) -> None:
        """Nothing to release."""


@asynccontextmanager
async def visiting(house: Client, stage: Stage, model: ScriptedModel) -> AsyncIterator[Client]:
    """A running server for one test: a workspace of its own, its model, and nothing left running at its end."""
    stage.model = model
    owner = await house.fabula.db.system("test: a workspace", _make_owner)
    context: HttpContext = house.app.state.http
    house.app.state.http = replace(context, resolve_actor=local_resolver(owner))
    yield replace(house, fabula=replace(house.fabula, owner=owner))
    await house.fabula.turns.stop()


def _make_owner(tx: WriteTx) -> Actor:
    workspace, user = WorkspaceId(uuid7()), UserId(uuid7())
    insert_owner(tx, workspace, user, uuid7(), "You")
    return Actor(workspace, ActorKind.USER, user, "You", Role.OWNER, ROLE_SCOPES[Role.OWNER])


__all__ = ["Client", "Frame", "Stage", "running", "text_of", "visiting"]
