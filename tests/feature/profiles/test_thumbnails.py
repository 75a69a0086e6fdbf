"""Small pictures: what is made of a picture, what is refused, and the job that makes them."""

import asyncio
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from fabula.core.actor import Actor
from fabula.core.ids import JobId, ProfileId, uuid7
from fabula.db import Database, WriteTx
from fabula.engine.blobs import FileBlobs
from fabula.engine.jobs import Handler
from fabula.features.identity import ensure_local_owner
from fabula.features.profiles import get_picture, import_cards, parse_files
from fabula.features.profiles.cards import png
from fabula.features.profiles.decoding import MAX_PIXELS
from fabula.features.profiles.errors import PictureUnreadable, ThumbnailsFailed
from fabula.features.profiles.jobs import thumbnail_handler
from fabula.features.profiles.thumbnails import THUMBNAIL, make_thumbnail
from fabula.features.profiles.types import Picture
from fabula.features.profiles.write import change_avatar
from fabula.plugins import Json
from tests.feature.profiles.pictures import card_png, picture


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["WEBP"])


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif"])
@pytest.mark.parametrize(("size", "small"), [((1024, 512), (256, 128)), ((40, 30), (40, 30)), ((3, 2000), (1, 256))])
def test_a_picture_keeps_its_shape_and_fits(kind: str, size: tuple[int, int], small: tuple[int, int]) -> None:
    found = opened(make_thumbnail(picture(kind, size)))
    assert (found.size, found.mode) == (small, "RGB")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_mode_of_a_png_is_taken(mode: str) -> None:
    out = io.BytesIO()
    Image.new("RGBA" if mode == "P" else mode, (300, 300)).convert(mode).save(out, "PNG")
    assert opened(make_thumbnail(out.getvalue())).size == (256, 256)


def test_what_is_see_through_stays_so() -> None:
    found = opened(make_thumbnail(picture(mode="RGBA", colour="#ff000000")))
    assert found.getchannel("A").getextrema() == (0, 0)


def test_a_photograph_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    out = io.BytesIO()
    Image.new("RGB", (1200, 600)).save(out, "JPEG", exif=exif)
    assert opened(make_thumbnail(out.getvalue())).size == (128, 256)


def _header(width: int, height: int) -> bytes:
    body = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, 2, 0, 0, 0))
    pixels = png.make_chunk(b"IDAT", zlib.compress(bytes(1000)))
    return png.SIGNATURE + png.make_chunk(b"IHDR", body) + pixels + png.make_chunk(b"IEND", b"")


BAD: dict[str, Callable[[], bytes]] = {
    "nothing": bytes,
    "text": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "signature": lambda: png.SIGNATURE,
    "no pixels": lambda: card_png("A", damaged=True),
    "cut": lambda: picture("jpeg")[:300],
    "bmp": lambda: picture("bmp"),
    "just too many pixels": lambda: _header(MAX_PIXELS // 1000 + 1, 1000),
    "a bomb": lambda: _header(60_000, 60_000),
    "wrong checksum": lambda: picture()[:40] + b"\x00" + picture()[41:],
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_decoded_is_refused_in_words(name: str) -> None:
    with pytest.raises(PictureUnreadable) as caught:
        make_thumbnail(BAD[name]())
    assert len(caught.value.message) > 40


def test_a_bomb_in_a_text_chunk_is_never_unpacked() -> None:
    bomb = png.make_chunk(b"zTXt", b"chara\0\0" + zlib.compress(bytes(200_000_000)))
    data = picture()
    assert opened(make_thumbnail(data[:33] + bomb + data[33:])).size == (256, 192)


class Asked:
    """Stands in for `Jobs.enqueue`, and runs what was asked for as the job would."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, dict[str, Json]]] = []

    def __call__(self, tx: WriteTx, actor: Actor, name: str, payload: object) -> JobId:
        assert isinstance(payload, dict)
        self.jobs.append((name, payload))
        return JobId(uuid7())


class Context:
    """What the handler uses of a `JobContext`."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.shown: list[tuple[int, int]] = []

    async def progress(self, done: int, total: int, note: str = "") -> None:
        self.shown.append((done, total))


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


async def load(db: Database, actor: Actor, blobs: FileBlobs, asked: Asked, *cards: bytes) -> list[ProfileId]:
    parsed = await parse_files(blobs, [(f"{nth}.png", io.BytesIO(card).read) for nth, card in enumerate(cards)])
    items = await db.write(actor, import_cards, parsed, asked)
    return [item.profile_id for item in items if item.profile_id is not None]


async def run(handler: Handler, actor: Actor, asked: Asked) -> tuple[Json, Context]:
    """The last job that was asked for."""
    context = Context(actor)
    outcome = handler(context, asked.jobs[-1][1])  # type: ignore[arg-type]  # as much of a context as is used
    assert not isinstance(outcome, (dict, list, str, int, float, type(None)))
    return await outcome, context


async def test_the_job_makes_what_is_missing_and_may_run_again(db: Database, actor: Actor, blobs: FileBlobs) -> None:
    asked, handler = Asked(), thumbnail_handler(db, blobs)
    profiles = await load(db, actor, blobs, asked, card_png("A"), card_png("B"))
    assert asked.jobs == [(THUMBNAIL, {"profiles": profiles})]
    result, context = await run(handler, actor, asked)
    assert (result, context.shown) == ({"made": 2}, [(1, 2), (2, 2)])
    made = [await db.read(actor, get_picture, profile) for profile in profiles]
    assert all(one.thumbnail is not None and opened(blobs.get(one.thumbnail)).size == (256, 192) for one in made)
    assert (await run(handler, actor, asked))[0] == {"made": 0}
    assert [await db.read(actor, get_picture, profile) for profile in profiles] == made


async def test_a_bad_picture_does_not_keep_the_others_from_theirs(db: Database, actor: Actor, blobs: FileBlobs) -> None:
    asked = Asked()
    bad, good = await load(db, actor, blobs, asked, card_png("Bad", damaged=True), card_png("Good"))
    with pytest.raises(ThumbnailsFailed) as caught:
        await run(thumbnail_handler(db, blobs), actor, asked)
    assert list(caught.value.reasons) == [bad]
    assert "cannot be decoded" in caught.value.message
    assert (await db.read(actor, get_picture, good)).thumbnail is not None
    assert (await db.read(actor, get_picture, bad)).thumbnail is None


async def test_a_small_picture_of_the_picture_before_is_never_kept(
    db: Database, actor: Actor, blobs: FileBlobs
) -> None:
    asked, handler = Asked(), thumbnail_handler(db, blobs)
    (profile,) = await load(db, actor, blobs, asked, card_png("A", colour="red"))
    blue = Picture(blobs.put(picture(colour="blue")), "image/png", None)
    await asyncio.gather(run(handler, actor, asked), db.write(actor, change_avatar, profile, blue, None, asked))
    await run(handler, actor, asked)
    found = await db.read(actor, get_picture, profile)
    assert (found.avatar, found.thumbnail is not None) == (blue.avatar, True)
    assert found.thumbnail is not None
    red, _, strong = opened(blobs.get(found.thumbnail)).convert("RGB").getpixel((20, 20))  # type: ignore[misc]  # three bands
    assert strong > 200
    assert red < 60


async def test_cards_without_pictures_ask_for_no_job(db: Database, actor: Actor, blobs: FileBlobs) -> None:
    asked = Asked()
    await load(db, actor, blobs, asked, b'{"name": "Plain", "first_mes": "Hi"}')
    assert asked.jobs == []
