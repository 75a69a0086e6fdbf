"""The client: requests in, batches out."""

from collections.abc import AsyncGenerator, Sequence

import msgspec

from fabula.plugins import ChatBatch, ChatRequest, ModelGarbage, ModelInfo, ModelRejected
from fabula.providers.line import Response
from fabula.providers.openai_compatible import tokenizing
from fabula.providers.openai_compatible.capabilities import (
    GENERIC,
    Capabilities,
    build_body,
    recognise_owner,
    recognise_url,
)
from fabula.providers.openai_compatible.models import decode_models
from fabula.providers.openai_compatible.reading import Body, EventBatches
from fabula.providers.openai_compatible.sending import WHOLE_BYTES, Limits, Sender, Timeouts, is_document
from fabula.providers.openai_compatible.wire import DECODE_ERRORS, Answer, decode_chunk


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
        self._timeouts = timeouts or Timeouts()
        self._limits = limits or Limits()
        self._takes_usage = self.capabilities.stream_usage
        key = api_key.strip() if api_key else None
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        connections = self._limits.connections
        # What is not of OpenAI's protocol hangs beside it.
        root = base_url.rstrip("/")
        self._prefix = "/v1" if root.endswith("/v1") else ""
        root = root.removesuffix("/v1")
        self._sender = Sender(name, root, key, headers, self._timeouts, connections)

    @property
    def tokenizer(self) -> str | None:
        return self.capabilities.family if self.capabilities.tokenizes else None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatBatch]:
        """Answer `request`; see `ChatModel.stream`."""
        response = await self._open(request)
        del request  # nothing of the prompt lives while the answer streams
        body = Body(self.name, response, self._timeouts.first_byte)
        try:
            answer = Answer(self.name, self._limits.characters)
            if is_document(self.name, response):
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
        models, owner = decode_models(self.name, await self._sender.fetch(self._prefix + "/models"))
        if self.capabilities is GENERIC:
            self.capabilities = recognise_owner(owner) or GENERIC
        return models

    async def count_tokens(self, model: str, texts: Sequence[str]) -> Sequence[int] | None:
        """See `Tokenizer.count_tokens`."""
        family = self.tokenizer
        if family is None:
            return None
        data = await self._sender.fetch("/tokenize", tokenizing.write_question(family, model, texts))
        return tokenizing.read_answer(self.name, family, texts, data)

    async def close(self) -> None:
        """Close every connection; streams still open end with `ModelCut`."""
        await self._sender.close()

    async def _open(self, request: ChatRequest) -> Response:
        """Send the request; once more without `stream_options` where the server refuses just that."""
        path = self._prefix + "/chat/completions"
        while True:
            asked = self._takes_usage
            payload = msgspec.json.encode(build_body(self.capabilities, request, stream_usage=asked))
            try:
                return await self._sender.send("POST", path, payload, self._timeouts.first_byte)
            except ModelRejected as error:
                names_it = "stream_options" in error.reason or "include_usage" in error.reason
                if not (asked and names_it and error.status in {400, 422}):
                    raise
                self._takes_usage = False

    async def _take_document(self, answer: Answer, body: Body) -> ChatBatch:
        data = await body.read_all(WHOLE_BYTES)
        try:
            return answer.gather([decode_chunk(data)])
        except DECODE_ERRORS as error:
            raise ModelGarbage(self.name, f"its JSON is no chat completion ({error})") from error
