"""Where a data folder's files are: a folder of this machine, or a zip. Bounded before anything is read whole."""

import os
import re
import stat
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO, Protocol

from fabula.core.storable import is_storable
from fabula.features.transfer.errors import ArchiveTooLarge, ArchiveUnreadable, FileGone, FileTooLarge

MAX_ENTRIES = 100_000
MAX_DIRECTORY = 20 * 2**20  # bytes of a zip's directory: each entry there costs some ten times as much in memory
MAX_TOTAL = 16 * 2**30  # bytes, unpacked
MAX_PATH = 1_000
_END, _END_SIZE = b"PK\x05\x06", 22
_MAX_COMMENT = 65_535
_LOCATOR, _END64 = b"PK\x06\x07", b"PK\x06\x06"
_DRIVE = re.compile(r"[A-Za-z]:")
_SAYS_UTF8 = 0x800
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Source(Protocol):
    """Files by their paths, which have `/` between their parts and lie inside. Blocking."""

    def names(self) -> list[str]:
        """All files, sorted."""
        ...

    def read(self, name: str, most: int) -> bytes:
        """A file's content; raises `FileTooLarge` beyond `most` bytes, and `FileGone`."""
        ...

    def close(self) -> None: ...


class FolderSource:
    """A folder of this machine. Links are not followed, and files whose names are not UTF-8 are left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        found: list[str] = []
        for place, folders, files in os.walk(self._folder):
            folders.sort()
            found += [(Path(place) / name).relative_to(self._folder).as_posix() for name in files]
            if len(found) > MAX_ENTRIES:
                raise ArchiveTooLarge("the number of files in the folder", MAX_ENTRIES)
        return sorted(name for name in found if _fits(name))

    def read(self, name: str, most: int) -> bytes:
        path = self._folder / name
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                raise FileGone(name)
            with path.open("rb") as file:
                data = file.read(most + 1)
        except OSError as error:
            raise FileGone(name) from error
        if len(data) > most:
            raise FileTooLarge(name, most)
        return data

    def close(self) -> None:
        """Nothing is kept open."""


class ZipSource:
    """A zip file. Raises `ArchiveUnreadable` and `ArchiveTooLarge` when opened; nothing is unpacked but what is read."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            check_directory(file, path.stat().st_size)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
            raise ArchiveUnreadable(str(error)[:200] or type(error).__name__) from error
        named = ((_name_of(entry), entry) for entry in self._zip.infolist())
        self._entries = {name: entry for name, entry in named if not name.endswith("/")}
        try:
            self._check()
        except (ArchiveTooLarge, ArchiveUnreadable):
            self._zip.close()
            raise

    def names(self) -> list[str]:
        return sorted(self._entries)

    def read(self, name: str, most: int) -> bytes:
        entry = self._entries.get(name)
        if entry is None:
            raise FileGone(name)
        if entry.file_size > most:
            raise FileTooLarge(name, most)
        try:
            # Never more than the directory says: zipfile stops there, and checks the checksum.
            with self._zip.open(entry) as file:
                return file.read(entry.file_size)
        except (zipfile.BadZipFile, zipfile.zlib.error, OSError, EOFError, RuntimeError) as error:  # type: ignore[attr-defined]  # zipfile has it
            raise ArchiveUnreadable(f"{name!r}: {error}"[:300]) from error

    def close(self) -> None:
        self._zip.close()

    def _check(self) -> None:
        if len(self._entries) > MAX_ENTRIES:
            raise ArchiveTooLarge("the number of files in the archive", MAX_ENTRIES)
        total = 0
        for name, entry in self._entries.items():
            total += entry.file_size
            if total > MAX_TOTAL:
                raise ArchiveTooLarge("the archive, unpacked,", MAX_TOTAL)
            if entry.flag_bits & 0x1:
                raise ArchiveUnreadable("it is encrypted; pack it without a password")
            if entry.compress_type not in _METHODS:
                raise ArchiveUnreadable(f"{name[:200]!r} is packed by a method other than stored and deflated")
            if not _is_inside(name):
                raise ArchiveUnreadable(f"{name[:200]!r} does not lie inside it")


def _name_of(entry: zipfile.ZipInfo) -> str:
    """An entry's path: some programs of Windows write it with backslashes, and macOS in UTF-8 that no flag tells of."""
    name = entry.filename
    if not entry.flag_bits & _SAYS_UTF8 and not name.isascii():
        # Without the flag `zipfile` takes bytes for code page 437, which has a character for each of them.
        written = name.encode("cp437")
        name = written.decode() if _is_utf8(written) else name
    return name.replace("\\", "/")


def _is_utf8(written: bytes) -> bool:
    try:
        written.decode()
    except UnicodeDecodeError:
        return False
    return True


def check_directory(file: BinaryIO, size: int) -> None:
    """Refuse a zip whose directory would fill the memory when `zipfile` reads it; that module reads it whole.

    Format after PKWARE's APPNOTE 6.3, sections 4.3.14 to 4.3.16; the end is looked for where `zipfile` looks.
    """
    file.seek(max(0, size - _END_SIZE - _MAX_COMMENT))
    tail = file.read(_END_SIZE + _MAX_COMMENT)
    at = len(tail) - _END_SIZE
    if at < 0 or tail[at : at + 4] != _END or tail[-2:] != b"\0\0":
        at = tail.rfind(_END)
    if at < 0 or at + _END_SIZE > len(tail):
        raise ArchiveUnreadable("it has no directory; is it a zip, and whole?")
    sizes = [int.from_bytes(tail[at + 12 : at + 16], "little")]
    locator = tail[at - 20 : at] if at >= 20 else b""
    if locator[:4] == _LOCATOR:
        # A zip64: its own record comes right before the locator. Where it lies at another place, the offset says so.
        places = (len(tail) - at + 20 + 56, size - int.from_bytes(locator[8:16], "little"))
        sizes = [_size64(file, size - back) for back in places]
    if max(sizes) > MAX_DIRECTORY:
        raise ArchiveTooLarge("the directory of the archive, in bytes,", MAX_DIRECTORY)


def _size64(file: BinaryIO, at: int) -> int:
    if at < 0:
        return 0
    file.seek(at)
    record = file.read(56)
    return int.from_bytes(record[40:48], "little") if record[:4] == _END64 else 0


def _is_inside(name: str) -> bool:
    parts = name.split("/")
    return _fits(name) and ".." not in parts and parts[0] != "" and not _DRIVE.match(name)


def _fits(name: str) -> bool:
    return len(name) <= MAX_PATH and is_storable(name)
