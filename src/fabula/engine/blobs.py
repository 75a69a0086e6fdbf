"""File blobs, named by the SHA-256 of their content: writing twice is writing once, and nothing changes in place."""

import hashlib
import os
from pathlib import Path
from typing import NewType

from fabula.core.errors import AppError, Kind
from fabula.core.ids import uuid7

BlobKey = NewType("BlobKey", str)


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

    def put(self, content: bytes) -> BlobKey:
        """Store `content`, durable on return: synced, then renamed into place, then the folder synced."""
        key = BlobKey(hashlib.sha256(content).hexdigest())
        target = self.path(key)
        if target.exists():
            return key
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{key}.{uuid7()}.partial")
        try:
            with partial.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
        _sync_folder(target.parent)
        return key

    def get(self, key: BlobKey) -> bytes:
        """Read a blob; raise `BlobMissing` when the folder does not have it."""
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(key) from error


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
