"""`EmbeddedModel`: the contract of a chat model, kept by a child process on this machine."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

from fabula.plugins.contracts import ChatBatch, ChatRequest, ModelInfo
from fabula.plugins.errors import ModelCut, ModelUnreachable
from fabula.providers.embedded.errors import ModelNotReady
from fabula.providers.embedded.process import PROVIDER, Launch
from fabula.providers.embedded.supervisor import Supervisor
from fabula.providers.embedded.weights import Weights, WeightsFolder
from fabula.providers.openai_compatible import OpenAICompatible
from fabula.providers.openai_compatible.capabilities import GENERIC, recognise_owner

_CAPABILITIES = recognise_owner("llamacpp") or GENERIC

CONTEXT_TOKENS = 4096
"""Longest context given to an answer. Models may know longer ones, but two cores read about 300 prompt
tokens a second with a 135M model, and each answer's context costs memory whether used or not."""


class EmbeddedModel:
    """Runs the weights in use under `data`; nothing is started, read or needed before the first call.

    Weights that arrive or change later are taken at the next call. At most `parallel` answers are
    written at once; more wait their turn in the child. 0 threads chooses by the machine.
    """

    def __init__(
        self,
        data: Path,
        *,
        threads: int = 0,
        parallel: int = 2,
        context_tokens: int = CONTEXT_TOKENS,
        idle_seconds: float | None = None,
    ) -> None:
        self._folder = WeightsFolder(data)
        self._threads = threads or choose_threads(_cores())
        self._parallel = parallel
        self._context_tokens = context_tokens
        self._supervisor = Supervisor(data / "logs" / "embedded.log", idle_seconds=idle_seconds)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatBatch]:
        """Answer `request`; raises `ModelNotReady` without weights, `ModelRejected` for a prompt that is too long."""
        async with AsyncExitStack() as stack:
            first, rest = await self._open(request, stack)
            del request
            yield first
            async for batch in rest:
                yield batch

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """The one model in use, without starting it; raises `ModelNotReady`."""
        weights = await self._find_weights()
        return (ModelInfo(weights.name, weights.title, self._context_of(weights)),)

    @property
    def tokenizer(self) -> str | None:
        return _CAPABILITIES.family

    async def count_tokens(self, model: str, texts: Sequence[str]) -> Sequence[int] | None:
        """See `Tokenizer.count_tokens`; None while no child runs: counting is not worth starting one."""
        weights = await asyncio.to_thread(self._folder.find_in_use)
        if weights is None or not self._supervisor.is_serving(launch := self._launch(weights)):
            return None
        async with self._supervisor.lease(launch) as child:
            client = OpenAICompatible(PROVIDER, child.base_url, child.api_key, capabilities=_CAPABILITIES)
            try:
                return await client.count_tokens(model, texts)
            finally:
                await client.close()

    async def close(self) -> None:
        """Stop the child; answers in the making end with `ModelCut`."""
        await self._supervisor.close()

    async def _open(self, request: ChatRequest, stack: AsyncExitStack) -> tuple[ChatBatch, AsyncGenerator[ChatBatch]]:
        """The first batch and the stream of the rest. A child that died is replaced, once, before anything came."""
        launch = self._launch(await self._find_weights())
        for is_last in (False, True):
            child = await stack.enter_async_context(self._supervisor.lease(launch))
            # One client a call: llama.cpp's server closes the connection after each streamed answer without
            # saying so, and a second call on it would now and then find it closed.
            client = OpenAICompatible(PROVIDER, child.base_url, child.api_key, capabilities=_CAPABILITIES)
            stack.push_async_callback(client.close)
            batches = await stack.enter_async_context(aclosing(client.stream(request)))
            try:
                return await anext(batches), batches
            except (ModelUnreachable, ModelCut):
                if is_last or not await child.is_gone():
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _find_weights(self) -> Weights:
        weights = await asyncio.to_thread(self._folder.find_in_use)
        if weights is None:
            raise ModelNotReady(PROVIDER)
        return weights

    def _launch(self, weights: Weights) -> Launch:
        return Launch(self._folder.file(weights), self._threads, self._parallel, self._context_of(weights))

    def _context_of(self, weights: Weights) -> int:
        return min(weights.context_tokens, self._context_tokens)


def choose_threads(cores: int) -> int:
    """Half the cores, as the other half are often only hyperthreads, but two where there are two.

    Measured with SmolLM2-135M on two cores: 98 tokens/s with two threads, 65 with one.
    """
    return max(min(2, cores), cores // 2)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
