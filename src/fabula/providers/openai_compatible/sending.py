"""Sending over HTTP: one line for many calls, each fault before an answer's body named.

It knows no protocol: other providers send with it too.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from fabula.plugins import ModelError, ModelGarbage, ModelRejected
from fabula.providers.line import BadHeader, Line, LineError, NoAddress, Response
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
        self._key = key
        self._timeouts = timeouts
        common = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
        self._line = Line(base, {**common, **headers}, timeouts.connect, connections)

    async def send(self, method: str, path: str, data: bytes | None, seconds: float) -> Response:
        """Return the response once its head is here; raise `ModelRejected` for anything but success."""
        try:
            async with asyncio.timeout(seconds):
                response = await self._line.send(method, path, data)
        except TimeoutError as error:
            raise faults.unreadable(self._provider, faults.Silence(seconds)) from error
        except (LineError, NoAddress, BadHeader, OSError) as error:
            raise faults.unreadable(self._provider, error) from error
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
        self._line.close()

    async def _reject(self, response: Response) -> ModelRejected:
        body = Body(self._provider, response, self._timeouts.connect)
        try:
            text = await body.read_all(_ERROR_BYTES)
        except ModelError:
            text = b""  # the status says enough
        finally:
            body.close()
        return faults.rejected(self._provider, response.status, response.headers, text, self._key)


def is_document(provider: str, response: Response) -> bool:
    """Tell a server that ignores `stream` from one that streams; raises `ModelGarbage` for any other type."""
    kind = response.content_type or "text/event-stream"
    if kind == "application/json" or kind.endswith("+json"):
        return True
    if kind not in _STREAM_TYPES:
        raise ModelGarbage(provider, f"its answer is of type {faults.clean_reason(kind)!r}")
    return False
