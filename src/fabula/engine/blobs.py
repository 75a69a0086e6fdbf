"""File blobs, named by the SHA-256 of their content: writing twice is writing once, and nothing changes in place."""

import hashlib
import io
import math
import os
import time
from pathlib import Path
from typing import BinaryIO, NewType

from fabula.core.errors import AppError, Kind
from fabula.core.ids import uuid7

BlobKey = NewType("BlobKey", str)
_PIECE = 1 << 20


class BlobMissing(AppError):
    kind, code = Kind.NOT_FOUND, "blobs.missing"
    key: str

    @property
    def message(self) -> str:
        return f"the stored file {self.key!r} is gone from the data folder; restore it from a backup"


class FileBlobs:
    """Blobs under one folder, as `ab/cd/<sha256>`. Synchronous: call from a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, key: BlobKey) -> Path:
        return self._folder / key[:2] / key[2:4] / key

    @property
    def passing(self) -> "FileBlobs":
        """Blobs for which no row answers, such as uploads for a job: they are kept until `purge` finds them old."""
        return FileBlobs(self._folder / "passing")

    def put(self, content: bytes) -> BlobKey:
        """Store `content`, durable on return: synced, then renamed into place, then the folder synced."""
        return self.put_file(io.BytesIO(content))

    def put_file(self, content: BinaryIO) -> BlobKey:
        """Store the whole of a seekable file as `put` does, piece by piece; what is there already counts as new."""
        key = BlobKey(_hash(content))
        target = self.path(key)
        if target.exists():
            os.utime(target)
            return key
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{key}.{uuid7()}.partial")
        content.seek(0)
        try:
            with partial.open("xb") as file:
                while piece := content.read(_PIECE):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
        _sync_folder(target.parent)
        return key

    def purge(self, seconds: float) -> int:
        """Remove what was stored longer ago than that, with what a death left of it; tell how many files."""
        oldest = time.time() - seconds
        old = [file for file in self._folder.glob("*/*/*") if _changed_at(file) < oldest]
        for file in old:
            file.unlink(missing_ok=True)
        return len(old)

    def get(self, key: BlobKey) -> bytes:
        """Read a blob; raise `BlobMissing` when the folder does not have it."""
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(key) from error


def _hash(content: BinaryIO) -> str:
    content.seek(0)
    found = hashlib.sha256()
    while piece := content.read(_PIECE):
        found.update(piece)
    return found.hexdigest()


def _changed_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # another process was faster
        return math.inf


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
