"""Live generations: text in memory, and those who follow it. No HTTP and no database here.

A generation appends what each network read brings; every subscriber that stood exactly before it is given the same
bytes. One that lags is given a single merged frame cut from the text, so nothing is queued per subscriber: a slow
client gets fewer, larger deltas, and memory stays bounded.
"""

import asyncio
import time

from fabula.core.ids import GenerationId, MessageId, VariantId, WorkspaceId
from fabula.features.generation.live import frames
from fabula.features.generation.types import Mode, Started
from fabula.telemetry import metrics


class LiveGeneration:
    """One answer being written. Used on the event loop only."""

    __slots__ = (
        "_base",
        "_batch",
        "_content",
        "_end",
        "_reasoning",
        "_registry",
        "_subscribers",
        "abort_requested",
        "at",
        "changed",
        "continues",
        "dirty",
        "ended_at",
        "id",
        "may_change",
        "message_id",
        "meta",
        "settling",
        "task",
        "variant_id",
        "workspace",
    )

    def __init__(self, started: Started, registry: "LiveRegistry") -> None:
        self._registry = registry
        self.id: GenerationId = started.id
        self.workspace: WorkspaceId = started.workspace
        self.message_id: MessageId | None = started.message_id
        self.variant_id: VariantId | None = started.variant_id
        self.continues = started.mode is Mode.CONTINUE
        self.meta = frames.frame(frames.position(0, 0), b"llm.stream.meta", started.meta())
        self.at = (0, len(started.prefix))
        self.dirty = False
        self.changed = False
        self.may_change = False  # steps after the answer may
        self.abort_requested = False
        self.settling = False
        self.ended_at: float | None = None
        self.task: asyncio.Task[None] | None = None
        self._base = self.at
        self._batch = b""
        self._content = [started.prefix] if started.prefix else []
        self._reasoning: list[str] = []
        self._end: bytes | None = None
        self._subscribers: set[LiveSource] = set()

    @property
    def content(self) -> str:
        return _joined(self._content)

    @property
    def reasoning(self) -> str:
        return _joined(self._reasoning)

    def append(self, reasoning: str, content: str) -> None:
        """Add what one network read brought."""
        self._base, start = self.at, self.at
        self._batch = frames.text_frames(start, reasoning, content)
        if reasoning:
            self._reasoning.append(reasoning)
        if content:
            self._content.append(content)
        self.at = (start[0] + len(reasoning), start[1] + len(content))
        self.dirty = True
        for subscriber in self._subscribers:
            subscriber.wake()

    def finish(self, event: bytes, data: dict[str, object], final: tuple[str, str] | None = None) -> None:
        """End every stream with the terminal frame; `final` is (reasoning, content) where it differs from the stream."""
        if final is not None and final != (self.reasoning, self.content):
            self.changed = True
            self._reasoning, self._content = [final[0]], [final[1]]
            self.at = (len(final[0]), len(final[1]))
        self._end = frames.frame(frames.position(*self.at), event, data)
        self.dirty = False
        self.ended_at = time.monotonic()
        for subscriber in self._subscribers:
            subscriber.wake()

    def opening(self) -> bytes:
        """What a stream from the start begins with; a continued text comes whole, as a snapshot."""
        if self.changed or self.continues:
            return self.meta + frames.snapshot_frame(self.reasoning, self.content)
        return self.meta + frames.text_frames((0, 0), self.reasoning, self.content)

    def since(self, at: tuple[int, int]) -> bytes:
        """Frames that lead from position `at` to now; a snapshot where none can."""
        if self.changed:  # also where it is as long as before; every source is told once, with the end
            return frames.snapshot_frame(self.reasoning, self.content)
        if at == self.at:
            return b""
        if at == self._base:
            return self._batch
        if at[0] > self.at[0] or at[1] > self.at[1]:
            return frames.snapshot_frame(self.reasoning, self.content)
        return frames.text_frames(at, self.reasoning[at[0] :], self.content[at[1] :])

    def abort(self) -> None:
        """Stop writing, on somebody's wish; what is being settled already stays as it is."""
        self.abort_requested = True
        self.cancel()

    def cancel(self) -> None:
        """Once: a second time would cut short what the first one makes it do, such as letting go of the provider."""
        if self.task is not None and not self.settling and not self.task.cancelling():
            self.task.cancel()

    @property
    def end(self) -> bytes | None:
        return self._end

    def attach(self, at: tuple[int, int] | None) -> "LiveSource":
        """Follow from position `at`, or from the start with `meta`."""
        source = LiveSource(self, at)
        self._subscribers.add(source)
        self._registry.followers += 1
        metrics.subscribers.inc()
        return source

    def detach(self, source: "LiveSource") -> None:
        if source in self._subscribers:
            self._subscribers.remove(source)
            self._registry.followers -= 1
            metrics.subscribers.dec()


class LiveSource:
    """One subscriber's place in a live generation (an `http.sse.Source`)."""

    __slots__ = ("_at", "_fresh", "_live", "_nudged", "_over", "_waiter")

    def __init__(self, live: LiveGeneration, at: tuple[int, int] | None) -> None:
        self._live = live
        self._fresh = at is None
        self._at = at or (0, 0)
        self._over = False
        self._nudged = False
        self._waiter: asyncio.Future[None] | None = None

    async def next(self) -> bytes | None:
        while not self._over:
            data = self._take()
            if data or self._nudged:
                self._nudged = False
                return data
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def nudge(self) -> None:
        self._nudged = True
        self.wake()

    def close(self) -> None:
        self._live.detach(self)

    def _take(self) -> bytes:
        live = self._live
        data = live.opening() if self._fresh else live.since(self._at)
        self._fresh = False
        # A position beyond the text (a crash took what was not flushed) is answered by a snapshot, once.
        self._at = live.at
        if live.end is not None:
            self._over = True
            data += live.end
        return data


def _joined(parts: list[str]) -> str:
    """The parts as one string, kept joined so that the next time is free."""
    if len(parts) > 1:
        parts[:] = ["".join(parts)]
    return parts[0] if parts else ""


class LiveRegistry:
    """All live generations of this process; a finished one stays `keep_seconds` for those who reconnect."""

    def __init__(self, keep_seconds: float) -> None:
        self._keep = keep_seconds
        self._live: dict[GenerationId, LiveGeneration] = {}
        self.followers = 0  # streams that follow live generations here

    def open(self, started: Started) -> LiveGeneration:
        live = LiveGeneration(started, self)
        self._live[live.id] = live
        metrics.live_generations.inc()
        return live

    def find(self, workspace: WorkspaceId, generation: GenerationId) -> LiveGeneration | None:
        live = self._live.get(generation)
        return live if live is not None and live.workspace == workspace else None

    def closed(self, live: LiveGeneration) -> None:
        """It has ended: forget it after a while; at once where it never began, for nobody can know of it."""
        metrics.live_generations.dec()
        if live.ended_at is None:
            del self._live[live.id]
        else:
            asyncio.get_running_loop().call_later(self._keep, self._live.pop, live.id, None)

    def running(self) -> list[LiveGeneration]:
        return [live for live in self._live.values() if live.ended_at is None]
