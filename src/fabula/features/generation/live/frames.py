"""The bytes of a stream's frames. Built once per network read, for all subscribers."""

import time

from msgspec.json import Encoder

_encode = Encoder().encode


class _Stamp:
    """The current second as text: one `strftime` a second, not one per frame."""

    second = 0
    text = b""


def stamp() -> bytes:
    now = int(time.time())
    if now != _Stamp.second:
        _Stamp.second, _Stamp.text = now, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)).encode()
    return _Stamp.text


def position(reasoning: int, content: int) -> bytes:
    """The id after so many characters of reasoning and of content. Opaque to clients."""
    return b"%d.%d" % (reasoning, content)


def parse_position(text: str) -> tuple[int, int] | None:
    """The two counts of an id, or None when it is not one of ours."""
    reasoning, dot, content = text.partition(".")
    digits = reasoning.isascii() and reasoning.isdigit() and content.isascii() and content.isdigit()
    if not dot or not digits or len(text) > 40:
        return None
    return int(reasoning), int(content)


def frame(at: bytes, event: bytes, data: object) -> bytes:
    """One frame: `id`, `event`, and the envelope {id, type, ts, data}."""
    return b'id: %b\nevent: %b\ndata: {"id":"%b","type":"%b","ts":"%b","data":%b}\n\n' % (
        at,
        event,
        at,
        event,
        stamp(),
        _encode(data),
    )


def text_frames(start: tuple[int, int], reasoning: str, content: str) -> bytes:
    """Frames for what follows position `start`: reasoning, then content, each only if there is some."""
    r, c = start[0] + len(reasoning), start[1] + len(content)
    out = b""
    if reasoning:
        out = frame(position(r, start[1]), b"llm.stream.reasoning", {"content": reasoning})
    if content:
        out += frame(position(r, c), b"llm.stream.delta", {"content": content})
    return out


def snapshot_frame(reasoning: str, content: str) -> bytes:
    """The whole text so far; the client replaces what it shows."""
    data = {"text": content, "reasoning": reasoning}
    return frame(position(len(reasoning), len(content)), b"llm.stream.snapshot", data)
