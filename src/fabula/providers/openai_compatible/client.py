"""The client: one aiohttp session, many streams, each fault named."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import aiohttp
import msgspec

from fabula.plugins import ChatBatch, ChatRequest, ModelError, ModelGarbage, ModelInfo, ModelRejected
from fabula.providers.openai_compatible import faults
from fabula.providers.openai_compatible.capabilities import (
    GENERIC,
    Capabilities,
    build_body,
    recognise_owner,
    recognise_url,
)
from fabula.providers.openai_compatible.models import decode_models
from fabula.providers.openai_compatible.reading import Body, EventBatches
from fabula.providers.openai_compatible.wire import DECODE_ERRORS, Answer, decode_chunk

_ERROR_BYTES = 64 * 1024
_WHOLE_BYTES = 16 * 1024 * 1024  # an answer or a list that comes as one JSON document
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


class OpenAICompatible:
    """A `ChatModel` at `base_url` (which ends in `/v1`, or wherever `/chat/completions` hangs). Made on any thread,
    used on one event loop. Redirects are not followed, proxies of the environment not used.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        api_key: str | None = None,
        timeouts: Timeouts | None = None,
        limits: Limits | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        self.name = name
        self.capabilities = capabilities or recognise_url(base_url)
        self._base = base_url.rstrip("/")
        self._key = api_key.strip() if api_key else None
        self._timeouts = timeouts or Timeouts()
        self._limits = limits or Limits()
        self._takes_usage = self.capabilities.stream_usage
        self._session: aiohttp.ClientSession | None = None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatBatch]:
        """Answer `request`; see `ChatModel.stream`."""
        response = await self._open(request)
        del request  # nothing of the prompt lives while the answer streams
        body = Body(self.name, response, self._timeouts.first_byte)
        try:
            answer = Answer(self.name, self._limits.characters)
            if self._is_document(response):
                yield await self._take_document(answer, body)
                answer.settle()
                return
            batches = EventBatches(self.name, body, answer, self._limits.event_bytes, self._timeouts.between)
            while (batch := await batches.next()) is not None:
                yield batch
        finally:
            body.close()

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """List what the server offers, and learn its family from it when the address did not tell."""
        body = Body(self.name, await self._send("GET", "/models", None, _LIST_SECONDS), _LIST_SECONDS)
        try:
            models, owner = decode_models(self.name, await body.read_all(_WHOLE_BYTES))
        finally:
            body.close()
        if self.capabilities is GENERIC:
            self.capabilities = recognise_owner(owner) or GENERIC
        return models

    async def close(self) -> None:
        """Close every connection; streams still open end with `ModelCut`."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _open(self, request: ChatRequest) -> aiohttp.ClientResponse:
        """Send the request; once more without `stream_options` where the server refuses just that."""
        while True:
            asked = self._takes_usage
            payload = msgspec.json.encode(build_body(self.capabilities, request, stream_usage=asked))
            try:
                return await self._send("POST", "/chat/completions", payload, self._timeouts.first_byte)
            except ModelRejected as error:
                names_it = "stream_options" in error.reason or "include_usage" in error.reason
                if not (asked and names_it and error.status in {400, 422}):
                    raise
                self._takes_usage = False

    async def _send(self, method: str, path: str, data: bytes | None, seconds: float) -> aiohttp.ClientResponse:
        """Return the response once its head is here; raise `ModelRejected` for anything but success."""
        try:
            async with asyncio.timeout(seconds):
                response = await self._connect().request(method, self._base + path, data=data, allow_redirects=False)
        except aiohttp.ConnectionTimeoutError as error:
            raise faults.unreadable(self.name, error, self._timeouts.connect) from error
        except TimeoutError as error:
            raise faults.unreadable(self.name, faults.Silence(seconds), self._timeouts.connect) from error
        except (aiohttp.ClientError, OSError) as error:
            raise faults.unreadable(self.name, error, self._timeouts.connect) from error
        if response.status < 300:
            return response
        raise await self._reject(response)

    async def _reject(self, response: aiohttp.ClientResponse) -> ModelRejected:
        body = Body(self.name, response, self._timeouts.connect)
        try:
            text = await body.read_all(_ERROR_BYTES)
        except ModelError:
            text = b""  # the status says enough
        finally:
            body.close()
        return faults.rejected(self.name, response.status, response.headers, text, self._key)

    def _is_document(self, response: aiohttp.ClientResponse) -> bool:
        """Tell a server that ignores `stream` from one that streams; raises `ModelGarbage` for any other type."""
        kind = response.content_type if "Content-Type" in response.headers else "text/event-stream"
        if kind == "application/json" or kind.endswith("+json"):
            return True
        if kind not in _STREAM_TYPES:
            raise ModelGarbage(self.name, f"its answer is of type {faults.clean_reason(kind)!r}")
        return False

    async def _take_document(self, answer: Answer, body: Body) -> ChatBatch:
        data = await body.read_all(_WHOLE_BYTES)
        try:
            return answer.gather([decode_chunk(data)])
        except DECODE_ERRORS as error:
            raise ModelGarbage(self.name, f"its JSON is no chat completion ({error})") from error

    def _connect(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
            if self._key:
                headers["Authorization"] = f"Bearer {self._key}"
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._limits.connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=headers,
                # sock_read stays off: see `Body`.
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect),
            )
        return self._session
