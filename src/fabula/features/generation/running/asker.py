"""Questions that steps of a pipeline put to a model: whole answers, counted as used."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from fabula.core.actor import Actor
from fabula.db import Database, WriteTx
from fabula.features import usage
from fabula.features.connections import Connection, Connections
from fabula.features.generation import upstream
from fabula.features.generation.pipelines.errors import TextTooLong
from fabula.features.generation.reasoning import ReasoningSplitter
from fabula.features.generation.types import Started
from fabula.plugins import ChatMessage, ChatModel, ChatRequest, Json, TokenUsage

MAX_CHARS = 200_000
_CHARS_PER_TOKEN = 4


class ModelAsker:
    """Asks the turn's own connection and model, or those that a step names, chosen as a chat's are."""

    def __init__(
        self,
        db: Database,
        connections: Connections,
        actor: Actor,
        started: Started,
        connection: Connection,
        model: str,
    ) -> None:
        self._db, self._connections, self._actor = db, connections, actor
        self._started = started
        self._connection, self._model = connection, model

    async def __call__(
        self, messages: Sequence[ChatMessage], params: Mapping[str, Json], connection: str | None, model: str | None
    ) -> str:
        async with AsyncExitStack() as stack:
            chosen, name = self._connection, model or self._model
            if connection is not None:
                wish: dict[str, Json] = {"connectionId": connection, "model": model}
                choice = await self._db.read(self._actor, self._connections.choose, wish)
                opened = self._connections.open(self._actor.workspace, choice)
                chosen, name = await stack.enter_async_context(opened)
            merged = {key: value for key, value in {**chosen.params, **params}.items() if value is not None}
            text, used = await _collect(chosen.model, ChatRequest(name, tuple(messages), merged))
        tokens = used.prompt_tokens + used.completion_tokens if used else _estimate(messages, text)
        await self._db.write(self._actor, _count, self._started, name, tokens)
        return text


async def _collect(model: ChatModel, request: ChatRequest) -> tuple[str, TokenUsage | None]:
    """The answer without its reasoning."""
    parts: list[str] = []
    splitter, used, size = ReasoningSplitter(), None, 0
    stream = upstream.batches(model, request)
    try:
        async for batch in stream:
            used = batch.usage or used
            parts.append(splitter.feed(batch.content)[1])
            size += len(parts[-1])
            if size > MAX_CHARS:
                raise TextTooLong(MAX_CHARS)
    finally:
        await stream.aclose()
    parts.append(splitter.end()[1])
    return "".join(parts).replace("\x00", ""), used


def _estimate(messages: Sequence[ChatMessage], text: str) -> int:
    characters = sum(len(message.content) for message in messages) + len(text)
    return characters // _CHARS_PER_TOKEN + 1


def _count(tx: WriteTx, actor: Actor, started: Started, model: str, tokens: int) -> None:
    usage.record(
        tx,
        actor,
        [(usage.Meter.LLM_TOKENS, tokens)],
        model=model,
        chat=started.chat_id,
        generation=started.id,
        operation=started.operation_id,
    )
