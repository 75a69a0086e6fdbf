"""The client: the Messages protocol over the same reading, bounds and faults as the other provider."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import msgspec
from yarl import URL

from fabula.plugins import ChatBatch, ChatRequest, ModelError, ModelGarbage, ModelInfo, ModelRejected
from fabula.providers.anthropic.body import build_body
from fabula.providers.anthropic.wire import MessageAnswer, decode_models
from fabula.providers.openai_compatible import Limits, Timeouts, faults
from fabula.providers.openai_compatible.reading import Body, EventBatches

VERSION = "2023-06-01"  # the protocol's version, sent with every call
_ERROR_BYTES = 64 * 1024
_WHOLE_BYTES = 16 * 1024 * 1024  # an answer or a list that comes as one JSON document
_LIST_SECONDS = 15.0


class Anthropic:
    """A `ChatModel` at `base_url` (with or without `/v1`). Made on any thread, used on one event loop.

    Redirects are not followed, proxies of the environment not used.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        api_key: str | None = None,
        timeouts: Timeouts | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.name = name
        self._base = base_of(base_url)
        self._key = api_key.strip() if api_key else None
        self._timeouts = timeouts or Timeouts()
        self._limits = limits or Limits()
        self._session: aiohttp.ClientSession | None = None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatBatch]:
        """Answer `request`; see `ChatModel.stream`."""
        payload = msgspec.json.encode(build_body(request))
        del request  # nothing of the prompt lives while the answer streams
        response = await self._send("POST", "/messages", payload, self._timeouts.first_byte)
        del payload
        body = Body(self.name, response, self._timeouts.first_byte)
        try:
            answer = MessageAnswer(self.name, self._limits.characters)
            if self._is_document(response):
                yield answer.take_document(await body.read_all(_WHOLE_BYTES))
                answer.settle()
                return
            batches = EventBatches(self.name, body, answer, self._limits.event_bytes, self._timeouts.between)
            while (batch := await batches.next()) is not None:
                yield batch
        finally:
            body.close()

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """List what the server offers, the newest first as it comes."""
        response = await self._send("GET", "/models?limit=1000", None, _LIST_SECONDS)
        body = Body(self.name, response, _LIST_SECONDS)
        try:
            return decode_models(self.name, await body.read_all(_WHOLE_BYTES))
        finally:
            body.close()

    async def close(self) -> None:
        """Close every connection; streams still open end with `ModelCut`."""
        if self._session is not None:
            await self._session.close()
            self._session = None

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
        if kind not in {"application/json", "text/event-stream"}:
            raise ModelGarbage(self.name, f"its answer is of type {faults.clean_reason(kind)!r}")
        return kind == "application/json"

    def _connect(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
            headers["anthropic-version"] = VERSION
            if self._key:
                headers["x-api-key"] = self._key
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._limits.connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=headers,
                # sock_read stays off: see `Body`.
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect),
            )
        return self._session


def base_of(url: str) -> str:
    """The address that `/messages` hangs on: `/v1` is added where the address ends at the host."""
    base = url.rstrip("/")
    try:
        bare = URL(base).path in {"", "/"}
    except ValueError:
        return base  # the first call will say what is wrong with it
    return f"{base}/v1" if bare else base
