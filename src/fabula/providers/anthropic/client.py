"""The client: the Messages protocol over the same reading, bounds and faults as the other provider."""

from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import msgspec

from fabula.plugins import ChatBatch, ChatRequest, ModelInfo
from fabula.providers.anthropic.body import build_body
from fabula.providers.anthropic.wire import MessageAnswer, decode_models
from fabula.providers.openai_compatible import Limits, Timeouts
from fabula.providers.openai_compatible.reading import Body, EventBatches
from fabula.providers.openai_compatible.sending import WHOLE_BYTES, Sender, is_document

VERSION = "2023-06-01"  # the protocol's version, sent with every call


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
        self._timeouts = timeouts or Timeouts()
        self._limits = limits or Limits()
        key = api_key.strip() if api_key else None
        headers = {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}
        self._sender = Sender(name, base_of(base_url), key, headers, self._timeouts, self._limits.connections)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatBatch]:
        """Answer `request`; see `ChatModel.stream`."""
        payload = msgspec.json.encode(build_body(request))
        del request  # nothing of the prompt lives while the answer streams
        response = await self._sender.send("POST", "/messages", payload, self._timeouts.first_byte)
        del payload
        body = Body(self.name, response, self._timeouts.first_byte)
        try:
            answer = MessageAnswer(self.name, self._limits.characters)
            if is_document(self.name, response):
                yield answer.take_document(await body.read_all(WHOLE_BYTES))
                answer.settle()
                return
            batches = EventBatches(self.name, body, answer, self._limits.event_bytes, self._timeouts.between)
            while (batch := await batches.next()) is not None:
                yield batch
        finally:
            body.close()

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """List what the server offers, the newest first as it comes."""
        return decode_models(self.name, await self._sender.fetch("/models?limit=1000"))

    async def close(self) -> None:
        """Close every connection; streams still open end with `ModelCut`."""
        await self._sender.close()


def base_of(url: str) -> str:
    """The address that `/messages` hangs on: `/v1` is added where the address ends at the host."""
    base = url.rstrip("/")
    try:
        bare = urlsplit(base).path in {"", "/"}
    except ValueError:
        return base  # the first call will say what is wrong with it
    return f"{base}/v1" if bare else base
