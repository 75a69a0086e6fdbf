"""What repeats from chunk to chunk: most servers write the same JSON around every piece of text.

To decode each chunk is most of what a delta costs. A chunk whose shape is known is only cut out, and the texts of all
chunks of a read are decoded as one string.
"""

import re

import msgspec

from fabula.plugins import ChatBatch

_decode_text = msgspec.json.Decoder(str).decode
_TEXT = re.compile(rb'"(?:content|reasoning_content|reasoning|refusal)": ?"((?:[^"\\]|\\.)+)"')


class Shape:
    """The bytes of a chunk's payload `before` its one text and `behind` it."""

    __slots__ = ("_between", "_end", "_start", "is_thought")

    def __init__(self, before: bytes, behind: bytes, *, is_thought: bool) -> None:
        self.is_thought = is_thought
        self._start = b"data: " + before
        self._end = behind + b"\n\n"
        self._between = self._end + self._start

    def read(self, block: bytes) -> tuple[ChatBatch, bytes] | None:
        """What a block of whole events says in those of this shape that it begins with, and the events behind them;
        None where it begins with none, or where another one stands between them.

        No text of a chunk holds a line break or a bare quote, so what lies between two texts is found nowhere else,
        and another chunk in between leaves something that is no string.
        """
        if not block.startswith(self._start):
            return None
        texts = block[len(self._start) :].split(self._between)
        texts[-1], end, behind = texts[-1].partition(self._end)
        if not end:
            return None
        written = b"".join(texts)
        if b"\\" in written and any(text.endswith(b"\\") for text in texts):
            return None  # what looks like the end of a text may be a part of it
        try:
            joined = _decode_text(b'"%b"' % written)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        count = len(texts) - texts.count(b"")
        return ChatBatch("", joined, count) if self.is_thought else ChatBatch(joined, "", count), behind


def find_text(block: bytes) -> int | None:
    """Where the first event that says a text begins, in a block of whole events; None where none seems to."""
    found = _TEXT.search(block)
    if found is None:
        return None
    before = block.rfind(b"\n\n", 0, found.start())
    return 0 if before < 0 else before + 2


def cut_out(payload: bytes) -> tuple[bytes, bytes, bytes] | None:
    """What stands before the one text of a payload, the text as it is written, and what stands behind it."""
    found = list(_TEXT.finditer(payload))
    if len(found) != 1:
        return None
    begin, end = found[0].span(1)
    return payload[:begin], payload[begin:end], payload[end:]
