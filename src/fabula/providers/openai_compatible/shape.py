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

    def read(self, block: bytes) -> ChatBatch | None:
        """What a block of whole events says; None unless every one of them is of this shape.

        No text of a chunk holds a line break or a bare quote, so what lies between two texts is found nowhere else,
        and another chunk in between leaves something that is no string.
        """
        if not (block.startswith(self._start) and block.endswith(self._end)):
            return None
        texts = block[len(self._start) : -len(self._end)].split(self._between)
        written = b"".join(texts)
        if b"\\" in written and any(text.endswith(b"\\") for text in texts):
            return None  # what looks like the end of a text may be a part of it
        try:
            joined = _decode_text(b'"%b"' % written)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        count = len(texts) - texts.count(b"")
        return ChatBatch("", joined, count) if self.is_thought else ChatBatch(joined, "", count)


def cut_out(payload: bytes) -> tuple[bytes, bytes, bytes] | None:
    """What stands before the one text of a payload, the text as it is written, and what stands behind it."""
    found = list(_TEXT.finditer(payload))
    if len(found) != 1:
        return None
    begin, end = found[0].span(1)
    return payload[:begin], payload[begin:end], payload[end:]
