"""PNG and APNG chunks: read the card's text, put another in. Pixels are never decoded.

Format after the PNG specification (third edition), sections 5 and 11.3.3: signature, then chunks of
length (big-endian u32), type, data, CRC-32 over type and data.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from fabula.features.profiles.cards.errors import CardDamaged, CardTooLarge
from fabula.features.profiles.cards.types import CardLimits

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXT_CHUNKS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_MAX_KEYWORD = 600  # the specification says 79; writers of assets put whole paths there
_MAX_LANGUAGE = 4096  # iTXt: language tag and translated keyword together
_PLACEHOLDER_SIDE = 256
_PLACEHOLDER_COLOUR = bytes((88, 80, 120))


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk in place: `whole` is all its bytes as far as the file has them, `body` its data."""

    kind: bytes
    whole: memoryview
    body: memoryview
    is_cut: bool

    @property
    def is_intact(self) -> bool:
        return zlib.crc32(self.whole[4:-4]) == int.from_bytes(self.whole[-4:], "big")


def walk(data: bytes, limits: CardLimits) -> Iterator[Chunk]:
    """Yield the chunks up to IEND; a file that ends before it ends with a chunk that says `is_cut`."""
    view = memoryview(data)
    at, size = len(SIGNATURE), len(data)
    for _ in range(limits.chunks):
        if size - at < 12:
            yield Chunk(b"", view[at:], view[at + 8 :], is_cut=True)
            return
        length = int.from_bytes(view[at : at + 4], "big")
        kind = bytes(view[at + 4 : at + 8])
        end = at + 12 + length
        if end > size:
            yield Chunk(kind, view[at:], view[at + 8 :], is_cut=True)
            return
        yield Chunk(kind, view[at:end], view[at + 8 : end - 4], is_cut=False)
        if kind == b"IEND":
            return
        at = end
    raise CardTooLarge("the number of PNG chunks", limits.chunks)


def keyword_of(chunk: Chunk) -> str | None:
    """The keyword of a text chunk, None for other chunks and text without one.

    The specification says Latin-1; paths of assets are also written as UTF-8, which is tried first.
    """
    keyword = _keyword(chunk)
    if keyword is None:
        return None
    try:
        return keyword.decode()
    except UnicodeDecodeError:
        return keyword.decode("latin-1")


def _keyword(chunk: Chunk) -> bytes | None:
    if chunk.kind not in TEXT_CHUNKS:
        return None
    keyword, found, _ = bytes(chunk.body[: _MAX_KEYWORD + 1]).partition(b"\0")
    return keyword if found else None


def text_of(chunk: Chunk, limit: int) -> bytes:
    """The text of a text chunk, inflated if need be; never more than `limit` bytes."""
    keyword = _keyword(chunk) or b""
    place = f"the PNG chunk {keyword.decode('latin-1')!r}"
    body = chunk.body[len(keyword) + 1 :]
    if chunk.kind == b"zTXt":
        return inflate(body[1:], limit, place)
    if chunk.kind == b"iTXt":
        is_compressed = bytes(body[:1]) == b"\1"
        fields = bytes(body[2 : 2 + _MAX_LANGUAGE]).split(b"\0", 2)
        if len(fields) < 3:
            raise CardDamaged(place, "its language and translated keyword have no end")
        body = body[2 + len(fields[0]) + len(fields[1]) + 2 :]
        if is_compressed:
            return inflate(body, limit, place)
    if len(body) > limit:
        raise CardTooLarge(place, limit)
    return bytes(body)


def inflate(data: memoryview, limit: int, place: str, window_bits: int = zlib.MAX_WBITS) -> bytes:
    """Decompress at most `limit` bytes; raise `CardTooLarge` beyond, `CardDamaged` if it is no whole stream."""
    stream = zlib.decompressobj(window_bits)
    try:
        out = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise CardDamaged(place, "its compressed data is broken") from error
    if len(out) > limit:
        raise CardTooLarge(f"{place}, decompressed,", limit)
    if not stream.eof:
        raise CardDamaged(place, "its compressed data ends too early")
    return out


def make_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def replace_texts(data: bytes, drop: Callable[[str], bool], texts: Mapping[str, bytes], limits: CardLimits) -> bytes:
    """Rewrite a PNG: text chunks whose keyword `drop` names go, `texts` come before the pixels.

    All other chunks keep their bytes, also damaged ones and what follows IEND.
    """
    new = [make_chunk(b"tEXt", keyword.encode() + b"\0" + text) for keyword, text in texts.items()]
    parts: list[bytes | memoryview] = [SIGNATURE]
    length = len(SIGNATURE)
    is_placed = False
    for chunk in walk(data, limits):
        length += len(chunk.whole)
        keyword = keyword_of(chunk)
        if keyword is not None and drop(keyword):
            continue
        if not is_placed and (chunk.kind in {b"IDAT", b"IEND"} or chunk.is_cut):
            parts += new
            is_placed = True
        parts.append(chunk.whole)
    parts.append(memoryview(data)[length:])
    return b"".join(parts)


@cache
def placeholder() -> bytes:
    """A picture for cards that have none: one plain colour, a few hundred bytes."""
    side = _PLACEHOLDER_SIDE
    row = b"\0" + _PLACEHOLDER_COLOUR * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = make_chunk(b"IDAT", zlib.compress(row * side, 9))
    return SIGNATURE + make_chunk(b"IHDR", header) + pixels + make_chunk(b"IEND", b"")
