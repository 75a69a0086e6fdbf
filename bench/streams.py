"""One client's view of an answer: the frames it got, the text they make, and whether any is missing or doubled."""

import time
from dataclasses import dataclass, field

import aiohttp
import msgspec

META, DELTA, REASONING = "llm.stream.meta", "llm.stream.delta", "llm.stream.reasoning"
SNAPSHOT, DONE, ABORTED, ERROR = "llm.stream.snapshot", "llm.stream.done", "llm.stream.aborted", "llm.stream.error"
_PIECE = 64 * 1024


class Data(msgspec.Struct, frozen=True, rename="camel"):
    """The payloads of all frames in one; each frame fills its own fields."""

    generation_id: str = ""
    user_message_id: str | None = None
    assistant_message_id: str | None = None
    variant_id: str | None = None
    content: str = ""
    text: str = ""
    reasoning: str = ""
    final_text: str = ""
    code: str = ""


class Frame(msgspec.Struct, frozen=True):
    id: str
    type: str
    data: Data


_decode = msgspec.json.Decoder(Frame).decode


@dataclass(slots=True)
class Heard:
    """What came over any number of connections. `faults` says where it was not gapless and without doubles.

    Ids are opaque to clients, but a proof may know them: after each frame they count the text that has come.
    """

    meta: Data | None = None
    end: Frame | None = None
    text: str = ""
    reasoning: str = ""
    last_id: str | None = None
    snapshots: int = 0
    faults: list[str] = field(default_factory=list)
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    _rest: bytes = b""

    def feed(self, data: bytes) -> None:
        """Take bytes as they come from the network, in pieces of any size."""
        *whole, self._rest = (self._rest + data).split(b"\n\n")
        for event in whole:
            if not event.startswith(b":"):
                self._take(_decode(event.partition(b"\ndata: ")[2]))

    def hang_up(self) -> bool:
        """The connection is gone, and with it any part of a frame; True if there was one."""
        was_cut, self._rest = bool(self._rest), b""
        return was_cut

    def how_ended(self) -> tuple[str, str]:
        """The last frame's type and error code; empty while there is none."""
        return ("", "") if self.end is None else (self.end.type, self.end.data.code)

    def lost_seconds(self, kept: int, until: float) -> float:
        """How long before `until` the first character after `kept` was heard; 0 if none was."""
        return next((max(0.0, until - at) for at, length in self.arrivals if length > kept), 0.0)

    def _take(self, frame: Frame) -> None:
        if self.end is not None:
            self.faults.append(f"{frame.type} after the end")
        if frame.type == META:
            self._meet(frame.data)
        elif frame.type == DELTA:
            self.text += frame.data.content
            self.arrivals.append((time.monotonic(), len(self.text)))
        elif frame.type == REASONING:
            self.reasoning += frame.data.content
        elif frame.type == SNAPSHOT:
            self.text, self.reasoning = frame.data.text, frame.data.reasoning
            self.snapshots += 1
        else:
            self._close(frame)
        if frame.type != META and frame.id != f"{len(self.reasoning)}.{len(self.text)}":
            self.faults.append(f"{frame.type} {frame.id} when {len(self.reasoning)}.{len(self.text)} had come")
        self.last_id = frame.id

    def _meet(self, meta: Data) -> None:
        if self.meta is not None or self.last_id is not None:
            self.faults.append("meta in the middle")
        self.meta = meta

    def _close(self, frame: Frame) -> None:
        self.end = frame
        if frame.type in {DONE, ABORTED} and frame.data.final_text != self.text:
            self.faults.append(f"finalText of {len(frame.data.final_text)} characters, {len(self.text)} had come")


class RefusedRequest(Exception):
    """The server answered, and not with a stream."""


async def listen(
    http: aiohttp.ClientSession,
    heard: Heard,
    method: str,
    path: str,
    *,
    body: object = None,
    operation: str | None = None,
    most: int | None = None,
) -> None:
    """Ask for a stream and hear it to its end, or till `most` bytes have come; `heard` goes on from its last id."""
    headers = {"accept": "text/event-stream"}
    if heard.last_id is not None:
        headers["last-event-id"] = heard.last_id
    if operation is not None:
        headers["x-operation-id"] = operation
    left = _PIECE if most is None else most
    async with http.request(method, path, json=body, headers=headers) as answer:
        if answer.status != 200:
            raise RefusedRequest(f"{method} {path}: {answer.status} {(await answer.text())[:300]}")
        while left and (data := await answer.content.read(min(left, _PIECE))):
            heard.feed(data)
            if most is not None:
                left -= len(data)


async def resume(http: aiohttp.ClientSession, heard: Heard, generation: str, most: int | None = None) -> None:
    """Follow `generation` from what has been heard of it."""
    await listen(http, heard, "GET", f"/v1/generations/{generation}/events", most=most)
