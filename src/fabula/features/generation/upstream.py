"""Step 4's other half: ask the model, again if that can help, and say nothing twice."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator

from fabula.plugins import ChatBatch, ChatModel, ChatRequest, ModelError

MAX_RETRIES = 2
RETRY_SECONDS = 5.0
_PAUSE = 0.25


async def batches(model: ChatModel, request: ChatRequest) -> AsyncGenerator[ChatBatch]:
    """The answer as batches. Retries a retryable fault before the first delta only: at most 2 times, 5 s in all."""
    first, stream = await _open(model, request)
    del request  # measured: a prompt kept while its answer streams is most of a stream's memory
    try:
        yield first
        async for batch in stream:
            yield batch
    finally:
        await stream.aclose()


async def _open(model: ChatModel, request: ChatRequest) -> tuple[ChatBatch, AsyncGenerator[ChatBatch]]:
    """The first batch and the stream of the rest."""
    deadline = time.monotonic() + RETRY_SECONDS
    for attempt in itertools.count():
        stream = model.stream(request)
        try:
            return await anext(stream, ChatBatch()), stream
        except ModelError as error:
            pause = max(error.retry_after or 0.0, _PAUSE * 2**attempt)
            if not error.retryable or attempt == MAX_RETRIES or time.monotonic() + pause > deadline:
                raise
            await asyncio.sleep(pause)
    raise AssertionError("unreachable")
