"""An answer's body, read with bounds on silence and size, as batches."""

import asyncio
import math

from fabula.plugins import ChatBatch, ModelError, ModelGarbage
from fabula.providers.line import LineError, Response
from fabula.providers.openai_compatible import faults
from fabula.providers.openai_compatible.sse import EventSplitter, EventTooLong
from fabula.providers.openai_compatible.wire import Answer

# After the finish reason only usage can follow, after [DONE] only the end of the body (which frees the connection
# for the next call). Neither is worth waiting for longer than this.
_USAGE_SECONDS = 5.0
_END_SECONDS = 0.1
# A model may write thousands of deltas a second. Text that grows thirty times a second is smooth to whoever reads it.
# So a stream with more than twice as many reads is read at this pace.
_PACE_SECONDS = 1 / 30
_NOTHING = ChatBatch()


class Body:
    """Reads whatever has arrived; every fault is a `ModelError`. Silence counts only while somebody waits.

    One timer for a whole stream, moved only when it fires: arming one per read costs more than the read itself.
    """

    def __init__(self, provider: str, response: Response, seconds: float) -> None:
        self._provider = provider
        self._response = response
        self._loop = asyncio.get_running_loop()
        self._waiting_since = math.inf
        self._seconds = seconds
        self._timer = self._loop.call_later(seconds, self._look)

    def allow(self, seconds: float) -> None:
        """Bound silence by `seconds` from now on."""
        if seconds != self._seconds:
            self._timer.cancel()
            self._seconds = seconds
            self._timer = self._loop.call_later(seconds, self._look)

    async def read(self) -> bytes:
        """Return all that has arrived, waiting for something; b"" at the end."""
        self._waiting_since = self._loop.time()
        try:
            return await self._response.read()
        except (LineError, faults.Silence) as error:
            raise faults.broken(self._provider, error) from error
        finally:
            self._waiting_since = math.inf

    async def rest(self, seconds: float) -> None:
        """See `Response.rest`."""
        await self._response.rest(seconds)

    async def read_all(self, limit: int) -> bytes:
        """Return the whole body; raises `ModelGarbage` when it is longer than `limit` bytes."""
        parts: list[bytes] = []
        while data := await self.read():
            parts.append(data)
            limit -= len(data)
            if limit < 0:
                raise ModelGarbage(self._provider, "one JSON document of its is too long to read")
        return b"".join(parts)

    def close(self) -> None:
        """Stop watching; close the connection too, unless the body was read to its end."""
        self._timer.cancel()
        self._response.release()

    def _look(self) -> None:
        now = self._loop.time()
        due = min(self._waiting_since, now) + self._seconds
        if due <= now:
            self._response.fail(faults.Silence(self._seconds))
        else:
            self._timer = self._loop.call_at(due, self._look)


class EventBatches:
    """The batches of a body of server-sent events, one per network read that brought something.

    A fast model is read at a pace of `_PACE_SECONDS`: what has come goes on without delay, the next read takes all that
    comes meanwhile. A batch costs about the same with one delta or with fifty.
    """

    def __init__(self, provider: str, body: Body, answer: Answer, event_bytes: int, between: float) -> None:
        self._provider = provider
        self._body = body
        self._answer = answer
        self._events = EventSplitter(event_bytes)
        self._between = between
        self._at_end = False
        self._loop = asyncio.get_running_loop()
        self._is_fast = False
        self._read_at = -math.inf

    async def next(self) -> ChatBatch | None:
        """Return the next batch, or None when there is nothing more; raises a `ModelError` after the last good one.

        What goes wrong after the finish reason is the end as well.
        """
        answer = self._answer
        while answer.fault is None and not (self._at_end or answer.done):
            try:
                batch = await self._take_read()
            except ModelError:
                if answer.finished:
                    return None
                raise
            if batch.deltas or batch.finish_reason or batch.usage:
                return batch
        answer.settle()
        await self._finish()
        return None

    async def _take_read(self) -> ChatBatch:
        if self._is_fast:
            await self._body.rest(_PACE_SECONDS)
        data = await self._body.read()
        if not data:
            self._at_end = True
            return self._answer.take_rest(self._events.flush())
        before, self._read_at = self._read_at, self._loop.time()
        self._body.allow(_USAGE_SECONDS if self._answer.finished else self._between)
        try:
            block = self._events.feed(data)
        except EventTooLong as error:
            raise ModelGarbage(self._provider, f"an event is longer than {error.args[0]} bytes") from error
        batch = self._answer.take(block) if block else _NOTHING
        # Between reads, not from asking to reading: a server that is late itself must not take a slow model for fast.
        soon = self._read_at - before < _PACE_SECONDS / 2
        self._is_fast = batch.deltas > 0 and (soon or (self._is_fast and batch.deltas > 1))
        return batch

    async def _finish(self) -> None:
        """Let the body end, so that the connection can serve again; an answer cut by our own limit has no end."""
        if self._at_end or self._answer.is_full:
            return
        self._body.allow(_END_SECONDS)
        try:
            await self._body.read()
        except ModelError:
            return  # the answer is whole; only the connection is lost
