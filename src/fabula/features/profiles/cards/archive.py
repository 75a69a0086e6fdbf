"""ZIP archives, read from bytes: the directory is checked whole before anything is inflated.

Format after PKWARE's APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16. Offsets are counted from the end, so an
archive glued behind a picture or a stub is read the same way. ZIP64 and methods other than stored and
deflated do not occur in cards and are refused.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from fabula.features.profiles.cards.errors import CardCut, CardDamaged, CardEncrypted, CardTooLarge, UnsafeArchive
from fabula.features.profiles.cards.png import inflate
from fabula.features.profiles.cards.types import CardLimits, Report

FIRST_ENTRY = b"PK\x03\x04"
_END = struct.Struct("<4s4H2LH")
_DIRECTORY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MAX_COMMENT = 65_535
_ENCRYPTED, _UTF8 = 0x1, 0x800
_STORED, _DEFLATED = 0, 8
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive as its directory describes it; `at` is where its local header starts."""

    path: str
    method: int
    crc: int
    packed: int
    size: int
    at: int


def list_entries(data: bytes, limits: CardLimits) -> dict[str, Entry]:
    """Read and check the directory; of a path that occurs twice the last counts, as in any unzip."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - _MAX_COMMENT - _END.size))
    if end < 0 or end + _END.size > len(data):
        raise CardCut("the archive, before its directory")
    _, _, _, _, count, size, offset, _ = _END.unpack_from(data, end)
    if count > limits.entries:
        raise CardTooLarge("the number of files in the archive", limits.entries)
    glued = end - size - offset
    if glued < 0:
        raise CardDamaged("the archive", "its directory lies outside the file")
    entries = {entry.path: entry for entry in _walk(data, glued, glued + offset, count, limits)}
    if sum(entry.size for entry in entries.values()) > limits.total:
        raise CardTooLarge("the archive, unpacked,", limits.total)
    return entries


def _walk(data: bytes, glued: int, at: int, count: int, limits: CardLimits) -> Iterator[Entry]:
    for _ in range(count):
        if at + _DIRECTORY.size > len(data) or data[at : at + 4] != b"PK\x01\x02":
            raise CardDamaged("the archive", "its directory is broken")
        fields = _DIRECTORY.unpack_from(data, at)
        flags, method, crc, packed, size = fields[3], fields[4], *fields[7:10]
        name_size, extra, comment, local = *fields[10:13], fields[16]
        at += _DIRECTORY.size
        if name_size > limits.path:
            raise CardTooLarge("a path in the archive", limits.path)
        path = _decode_path(data[at : at + name_size], is_utf8=bool(flags & _UTF8))
        at += name_size + extra + comment
        _check(path, flags, size, limits)
        if not path.endswith("/"):
            yield Entry(path, method, crc, packed, size, glued + local)


def _decode_path(name: bytes, *, is_utf8: bool) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("utf-8", "replace") if is_utf8 else name.decode("cp437")


def _check(path: str, flags: int, size: int, limits: CardLimits) -> None:
    if flags & _ENCRYPTED:
        raise CardEncrypted("the archive")
    check_path(path)
    if size > limits.entry:
        raise CardTooLarge(f"{path!r} in the archive", limits.entry)


def check_path(path: str) -> None:
    """Raise `UnsafeArchive` for a path that is empty, absolute or climbs."""
    parts = path.replace("\\", "/").split("/")
    if not path or ".." in parts or parts[0] == "" or _DRIVE.match(path) or "\0" in path:
        raise UnsafeArchive(path)


def unpack(data: bytes, entry: Entry, report: Report) -> bytes:
    """The content of one entry, never more than its directory says; a wrong CRC is only reported."""
    place = f"{entry.path!r} in the archive"
    if entry.at + _LOCAL.size > len(data) or data[entry.at : entry.at + 4] != FIRST_ENTRY:
        raise CardDamaged(place, "its header is not where the directory says")
    *_, name_size, extra = _LOCAL.unpack_from(data, entry.at)
    start = entry.at + _LOCAL.size + name_size + extra
    body = memoryview(data)[start : start + entry.packed]
    if len(body) < entry.packed:
        raise CardCut(place)
    if entry.method == _DEFLATED:
        content = inflate(body, entry.size, place, -zlib.MAX_WBITS)
    elif entry.method == _STORED and entry.size == entry.packed:
        content = bytes(body)
    else:
        raise CardDamaged(place, f"it is packed by a method cards do not use ({entry.method})")
    if zlib.crc32(content) != entry.crc:
        report.add("wrong_crc", entry.path, "the checksum does not match; the file may be damaged")
    return content
