"""An answer's own frames (the turn contract's), translated into the protocol's chunks as they come.

So a call of the protocol sees what every other subscriber sees, from memory and from the database alike, and a
repeated operation attaches like any other.
"""

import asyncio

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
    """A `Source` of chunks over a `Source` of frames. `fault` is what the answer failed with, once it has."""

    def __init__(self, frames: Source, chunks: Chunks) -> None:
        self._frames = frames
        self._chunks = chunks
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
        data, had_text, self.has_text = found.data, self.has_text, True
        if found.type == "llm.stream.delta":
            return self._chunks.text("", data.content)
        if found.type == "llm.stream.reasoning":
            return self._chunks.text(data.content, "")
        # A snapshot. The protocol cannot take back what it sent; the trace leads to the stored text.
        return b"" if had_text else self._chunks.text(data.reasoning, data.text)

    def _end(self, event: str, data: _Data) -> bytes:
        if event == "llm.stream.error":
            self.fault = {"code": data.code, "message": data.message}
            return self._chunks.fault(problem_of_answer(self.fault))
        counted = data.usage or _Usage()
        return self._chunks.end(data.finish_reason, usage(counted.prompt_tokens, counted.completion_tokens))
