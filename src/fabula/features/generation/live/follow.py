"""Follow an answer: from memory where it is written here, from the database where it is not."""

import asyncio

from fabula.core.actor import Actor
from fabula.core.ids import GenerationId
from fabula.db import Database
from fabula.features.generation.errors import TooManyStreams
from fabula.features.generation.live import frames
from fabula.features.generation.live.generations import LiveRegistry
from fabula.features.generation.outcome import stored_terminal
from fabula.features.generation.read import get_stored
from fabula.features.generation.types import Generation, GenerationStatus, Mode, StoredText
from fabula.http.sse import Source
from fabula.telemetry import metrics

Position = tuple[int, int]


class Follower:
    """Opens sources. `poll_seconds`: how often an answer that another process writes is looked at."""

    def __init__(self, db: Database, registry: LiveRegistry, poll_seconds: float, max_streams: int) -> None:
        self._db = db
        self._registry = registry
        self._poll_seconds = poll_seconds
        self._max_streams = max_streams

    def check_room(self) -> None:
        """Raise `TooManyStreams` where one more may not be opened; asked before a turn is begun, not after."""
        if self._registry.followers >= self._max_streams:
            raise TooManyStreams(self._max_streams)

    def may_change(self, actor: Actor, generation: GenerationId) -> bool:
        """Tell whether steps after the answer may still change what is streamed; known where it is written."""
        live = self._registry.find(actor.workspace, generation)
        return live is not None and live.may_change

    async def follow(self, actor: Actor, generation: GenerationId, last_id: str | None) -> Source:
        """A source from `last_id` (an id that is not ours counts as the start).

        Raises `GenerationNotFound`.
        """
        at = None if last_id is None else frames.parse_position(last_id)
        live = self._registry.find(actor.workspace, generation)
        if live is not None:
            return live.attach(at)
        found, stored = await self._db.read(actor, get_stored, generation)
        return StoredSource(self._db, actor, found, stored, at, self._poll_seconds)


class StoredSource:
    """An answer from the database. While its owner, another process, writes on, the text is polled."""

    def __init__(
        self,
        db: Database,
        actor: Actor,
        generation: Generation,
        stored: StoredText,
        at: Position | None,
        poll_seconds: float,
    ) -> None:
        self._db = db
        self._actor = actor
        self._generation = generation
        self._stored = stored
        self._at = at
        self._poll_seconds = poll_seconds
        self._nudged = asyncio.Event()
        self._over = False
        metrics.subscribers.inc()

    async def next(self) -> bytes | None:
        if self._over:
            return None
        while not (data := self._take()):
            try:
                async with asyncio.timeout(self._poll_seconds):
                    await self._nudged.wait()
                self._nudged.clear()
                return b""
            except TimeoutError:
                self._generation, self._stored = await self._db.read(self._actor, get_stored, self._generation.id)
        return data

    def nudge(self) -> None:
        self._nudged.set()

    def close(self) -> None:
        metrics.subscribers.dec()

    def _take(self) -> bytes:
        text, reasoning = self._stored.text, self._stored.reasoning
        end = (len(reasoning), len(text))
        data = b"" if self._at is not None else _meta(self._generation)
        at = self._at or (0, 0)
        ended = self._generation.status is not GenerationStatus.STREAMING
        beyond = at[0] > end[0] or at[1] > end[1]
        begins_continued = self._at is None and self._generation.mode is Mode.CONTINUE
        if begins_continued or (ended and (beyond or self._stored.changed)):
            data += frames.snapshot_frame(reasoning, text)
        elif not beyond:
            data += frames.text_frames(at, reasoning[at[0] :], text[at[1] :])
        self._at = at if beyond and not ended else end
        if ended:
            self._over = True
            event, payload = stored_terminal(self._generation, self._stored)
            data += frames.frame(frames.position(*end), event, payload)
        return data


def _meta(generation: Generation) -> bytes:
    data = {
        "generationId": generation.id,
        "chatId": generation.chat_id,
        "branchId": generation.branch_id,
        "userMessageId": generation.user_message_id,
        "assistantMessageId": generation.message_id,
        "variantId": generation.variant_id,
    }
    return frames.frame(frames.position(0, 0), b"llm.stream.meta", data)
