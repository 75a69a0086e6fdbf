"""Sending over HTTP: one aiohttp session for many calls, each fault before an answer's body named.

It knows no protocol: other providers send with it too.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from fabula.plugins import ModelError, ModelGarbage, ModelRejected
from fabula.providers.openai_compatible import faults
from fabula.providers.openai_compatible.reading import Body

WHOLE_BYTES = 16 * 1024 * 1024  # an answer or a list that comes as one JSON document
_ERROR_BYTES = 64 * 1024
_LIST_SECONDS = 15.0
_STREAM_TYPES = frozenset({"text/event-stream", "text/plain", "application/octet-stream"})


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, of silence before the first byte of the head and of the body, and between reads.

    Reading a long prompt on a small machine takes minutes, hence the second; the whole is not limited.
    """

    connect: float = 10.0
    first_byte: float = 300.0
    between: float = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds: connections at once (further calls wait), characters of one answer, bytes of one event."""

    connections: int = 4096
    characters: int = 2_000_000
    event_bytes: int = 1024 * 1024


class Sender:
    """Sends to addresses that begin with `base`. Made on any thread, used on one event loop.

    `key` is what faults must never show; `headers` go with every call and hold it. Redirects are not followed, proxies
    of the environment not used.
    """

    def __init__(
        self,
        provider: str,
        base: str,
        key: str | None,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        connections: int,
    ) -> None:
        self._provider = provider
        self._base = base
        self._key = key
        self._headers = headers
        self._timeouts = timeouts
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def send(self, method: str, path: str, data: bytes | None, seconds: float) -> aiohttp.ClientResponse:
        """Return the response once its head is here; raise `ModelRejected` for anything but success."""
        try:
            async with asyncio.timeout(seconds):
                response = await self._connect().request(method, self._base + path, data=data, allow_redirects=False)
        except aiohttp.ConnectionTimeoutError as error:
            raise faults.unreadable(self._provider, error, self._timeouts.connect) from error
        except TimeoutError as error:
            raise faults.unreadable(self._provider, faults.Silence(seconds), self._timeouts.connect) from error
        except (aiohttp.ClientError, OSError) as error:
            raise faults.unreadable(self._provider, error, self._timeouts.connect) from error
        if response.status < 300:
            return response
        raise await self._reject(response)

    async def fetch(self, path: str, data: bytes | None = None) -> bytes:
        """A whole document, as lists are, or the answer to `data`; it must begin within 15 seconds, and not stop for
        so long.
        """
        method = "GET" if data is None else "POST"
        body = Body(self._provider, await self.send(method, path, data, _LIST_SECONDS), _LIST_SECONDS)
        try:
            return await body.read_all(WHOLE_BYTES)
        finally:
            body.close()

    async def close(self) -> None:
        """Close every connection; streams still open end with `ModelCut`."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _reject(self, response: aiohttp.ClientResponse) -> ModelRejected:
        body = Body(self._provider, response, self._timeouts.connect)
        try:
            text = await body.read_all(_ERROR_BYTES)
        except ModelError:
            text = b""  # the status says enough
        finally:
            body.close()
        return faults.rejected(self._provider, response.status, response.headers, text, self._key)

    def _connect(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={**headers, **self._headers},
                # sock_read stays off: see `Body`.
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect),
            )
        return self._session


def is_document(provider: str, response: aiohttp.ClientResponse) -> bool:
    """Tell a server that ignores `stream` from one that streams; raises `ModelGarbage` for any other type."""
    kind = response.content_type if "Content-Type" in response.headers else "text/event-stream"
    if kind == "application/json" or kind.endswith("+json"):
        return True
    if kind not in _STREAM_TYPES:
        raise ModelGarbage(provider, f"its answer is of type {faults.clean_reason(kind)!r}")
    return False
