"""An answer's own frames (the turn contract's), translated into the protocol's chunks as they come.

So a call of the protocol sees what every other subscriber sees, from memory and from the database alike, and a
repeated operation attaches like any other.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct
from msgspec.json import Decoder

from fabula.features.generation.protocol.chunks import Chunks, usage
from fabula.features.generation.protocol.faults import problem_of_answer
from fabula.http.sse import Source
from fabula.plugins import Json

# So long a fault can still become a status; then the head goes out, for proxies give up on a silent server.
HEAD_SECONDS = 10.0


class _Usage(Struct, rename="camel", gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Data(Struct, rename="camel", gc=False):
    content: str = ""
    text: str = ""
    final_text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: _Usage | None = None
    code: str | None = None
    message: str | None = None


class _Frame(Struct, gc=False):
    type: str
    data: _Data


_TEXTS = frozenset({"llm.stream.delta", "llm.stream.reasoning", "llm.stream.snapshot"})
_decode = Decoder(_Frame).decode


class ChunkSource:
    """A `Source` of chunks over a `Source` of frames. `fault` is what the answer failed with, once it has.

    The protocol cannot take back what it sent. So where `may_change` tells, with the first text, that steps after the
    answer may change it, the text is held back, and goes out at the end as they left it.
    """

    def __init__(self, frames: Source, chunks: Chunks, may_change: Callable[[], bool]) -> None:
        self._frames = frames
        self._chunks = chunks
        self._may_change = may_change
        self._held: list[str] | None = None
        self._ready = b""
        self.has_text = False
        self.is_over = False
        self.fault: dict[str, Json] | None = None

    async def open(self, seconds: float = HEAD_SECONDS) -> None:
        """Wait for the first text or the end, and keep what came; not for longer than `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while not self.has_text and not self.is_over:
                    self._ready += self._translate(await self._frames.next() or b"")
        except TimeoutError:
            return

    async def next(self) -> bytes | None:
        if self._ready:
            ready, self._ready = self._ready, b""
            return ready
        found = await self._frames.next()
        return None if found is None else self._translate(found)

    def nudge(self) -> None:
        self._frames.nudge()

    def close(self) -> None:
        self._frames.close()

    def _translate(self, data: bytes) -> bytes:
        """All frames of one read; they are whole, and a line break within their JSON is escaped."""
        return b"".join([self._chunk(frame) for frame in data.split(b"\n\n") if frame])

    def _chunk(self, frame: bytes) -> bytes:
        found = _decode(frame[frame.index(b"\ndata: ") + 7 :])
        if found.type == "llm.stream.meta":
            return self._chunks.role()
        if found.type in _TEXTS:
            return self._text(found)
        self.is_over = True
        return self._end(found.type, found.data)

    def _text(self, found: _Frame) -> bytes:
        data, is_first, self.has_text = found.data, not self.has_text, True
        if is_first and self._may_change():
            self._held = []
        if found.type == "llm.stream.reasoning":
            return self._chunks.text(data.content, "")
        is_delta = found.type == "llm.stream.delta"
        if self._held is not None:
            if not is_delta:
                self._held.clear()
            self._held.append(data.content if is_delta else data.text)
            return self._chunks.text(data.reasoning, "") if is_first else b""
        if is_delta:
            return self._chunks.text("", data.content)
        return self._chunks.text(data.reasoning, data.text) if is_first else b""  # a snapshot

    def _end(self, event: str, data: _Data) -> bytes:
        held, self._held = self._held, None
        if event == "llm.stream.error":
            self.fault = {"code": data.code, "message": data.message}
            return self._chunks.text("", "".join(held or ())) + self._chunks.fault(problem_of_answer(self.fault))
        text = b"" if held is None else self._chunks.text("", data.final_text)
        counted = data.usage or _Usage()
        return text + self._chunks.end(data.finish_reason, usage(counted.prompt_tokens, counted.completion_tokens))
