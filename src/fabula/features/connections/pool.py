"""Clients of stored connections: one per connection and version, kept warm, closed when changed or unused."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from yarl import URL

from fabula.core.ids import WorkspaceId
from fabula.core.secrets import Keyring
from fabula.features.connections.errors import AddressForbidden
from fabula.features.connections.rules import is_forbidden
from fabula.features.connections.types import ConnectionId, Provider, ProviderConnection
from fabula.features.connections.write import about
from fabula.plugins import ChatModel
from fabula.providers.anthropic import Anthropic
from fabula.providers.openai_compatible import OpenAICompatible, Timeouts
from fabula.providers.openai_compatible.capabilities import FAMILIES

IDLE_SECONDS = 300.0
FAMILY_NAMES = tuple(family.family for family in FAMILIES)


@dataclass(slots=True, eq=False)
class _Client:
    model: ChatModel
    version: int
    users: int = 0
    replaced: bool = False
    timer: asyncio.TimerHandle | None = None


class ModelPool:
    """Used on one event loop. An answer that streams keeps its client, also when the connection changes meanwhile."""

    def __init__(self, keyring: Keyring, embedded: ChatModel, idle_seconds: float = IDLE_SECONDS) -> None:
        self._keyring = keyring
        self._embedded = embedded
        self._idle_seconds = idle_seconds
        self._clients: dict[ConnectionId, _Client] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def lease(self, ws: WorkspaceId, stored: ProviderConnection) -> AsyncIterator[ChatModel]:
        """The connection's client, not closed before the caller is done; raises `SecretUnreadable` or
        `AddressForbidden`.
        """
        if stored.fields.provider is Provider.EMBEDDED:
            yield self._embedded
            return
        client = self._clients.get(stored.id)
        if client is None or client.version != stored.version:
            await _refuse_metadata(stored.fields.base_url or "")
            client = self._replace(ws, stored)
        client.users += 1
        if client.timer is not None:
            client.timer.cancel()
        try:
            yield client.model
        finally:
            client.users -= 1
            self._let_go(stored.id, client)

    async def close(self) -> None:
        """Close every client; streams still open end with `ModelCut`."""
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            if client.timer is not None:
                client.timer.cancel()
            await client.model.close()
        if self._closing:
            await asyncio.wait(self._closing)

    def _replace(self, ws: WorkspaceId, stored: ProviderConnection) -> _Client:
        old = self._clients.get(stored.id)
        if old is not None and old.version == stored.version:
            return old  # made by another turn while this one looked the name up
        key = None if stored.sealed_key is None else self._keyring.open(stored.sealed_key, about(ws, stored.id))
        client = self._clients[stored.id] = _Client(_make(stored, key), stored.version)
        if old is not None:
            old.replaced = True
            self._let_go(stored.id, old)
        return client

    def _let_go(self, connection: ConnectionId, client: _Client) -> None:
        if client.users:
            return
        if client.timer is not None:
            client.timer.cancel()
        if client.replaced:
            self._close(client)
        else:
            loop = asyncio.get_running_loop()
            client.timer = loop.call_later(self._idle_seconds, self._expire, connection, client)

    def _expire(self, connection: ConnectionId, client: _Client) -> None:
        if self._clients.get(connection) is client:
            del self._clients[connection]
        self._close(client)

    def _close(self, client: _Client) -> None:
        task = asyncio.create_task(client.model.close(), name="fabula-close-model-client")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _make(stored: ProviderConnection, key: str | None) -> ChatModel:
    fields = stored.fields
    times = fields.timeouts
    timeouts = Timeouts(times.connect_seconds, times.first_seconds, times.silence_seconds)
    url = fields.base_url or ""
    if fields.provider is Provider.ANTHROPIC:
        return Anthropic(fields.name, url, key, timeouts)
    family = next((family for family in FAMILIES if family.family == fields.family), None)
    return OpenAICompatible(fields.name, url, key, timeouts, capabilities=family)


async def _refuse_metadata(address: str) -> None:
    """Raise `AddressForbidden` for a name that leads to a metadata service; looked up once for each client.

    A name that cannot be looked up is left to the client, which says what is wrong.
    """
    host = URL(address).host or ""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return
    if any(is_forbidden(str(info[4][0])) for info in found):
        raise AddressForbidden(host)
