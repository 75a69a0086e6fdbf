"""Files beside the database: whole or not there, and gone when nobody needs them any more."""

import asyncio
import io
import os
import time
from pathlib import Path

import pytest

from fabula.engine.blobs import BlobMissing, FileBlobs
from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place
from tests.server import running

HOUR = 3_600.0


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


def age(file: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(file, (then, then))


def test_a_file_is_stored_as_its_bytes_are(blobs: FileBlobs) -> None:
    content = os.urandom(3 * 2**20 + 7)
    file = io.BytesIO(content)
    file.seek(5)
    key = blobs.put_file(file)
    assert key == blobs.put(content)
    assert blobs.get(key) == content
    assert [path.name for path in blobs.path(key).parent.iterdir()] == [key]


def test_what_cannot_be_read_to_its_end_leaves_nothing(blobs: FileBlobs, tmp_path: Path) -> None:
    class Torn(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            if self.reads > 3:
                raise OSError("torn")
            return super().read(size)

    with pytest.raises(OSError, match="torn"):
        blobs.put_file(Torn(bytes(2**20)))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_passing_blobs_go_when_they_are_old_and_others_stay(blobs: FileBlobs) -> None:
    kept, old, new, again = blobs.put(b"kept"), *(blobs.passing.put(text) for text in (b"old", b"new", b"again"))
    left = blobs.passing.path(old).with_name("x.partial")
    left.write_bytes(b"a death left this")
    for file in (blobs.path(kept), left, *(blobs.passing.path(key) for key in (old, again))):
        age(file, 2 * HOUR)
    blobs.passing.put(b"again")
    assert blobs.passing.purge(HOUR) == 2
    assert [blobs.get(kept), blobs.passing.get(new), blobs.passing.get(again)] == [b"kept", b"new", b"again"]
    with pytest.raises(BlobMissing):
        blobs.passing.get(old)
    assert not left.exists()
    assert blobs.passing.purge(HOUR) == 0


async def test_a_server_keeps_uploads_as_long_as_it_remembers_jobs(place: Place) -> None:
    passing = FileBlobs(place.data / "blobs").passing
    old, new = passing.path(passing.put(b"old")), passing.path(passing.put(b"new"))
    age(old, 30 * 24 * HOUR + 60)
    age(new, 30 * 24 * HOUR - 60)
    async with running(place, ScriptedModel()):
        for _ in range(1_000):
            if not old.exists():
                break
            await asyncio.sleep(0.01)
    assert [old.exists(), new.exists()] == [False, True]
