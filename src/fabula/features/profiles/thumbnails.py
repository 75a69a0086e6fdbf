"""The small picture that lists show: asked for with the change of a picture, made by a job, kept beside the large one."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fabula.core.actor import Actor, Scope
from fabula.core.ids import JobId, ProfileId
from fabula.db import ReadTx, WriteTx
from fabula.engine.blobs import BlobKey
from fabula.features.profiles.decoding import decoded
from fabula.features.profiles.store import rows
from fabula.features.profiles.types import Picture
from fabula.plugins import Json

if TYPE_CHECKING:
    from PIL import Image

THUMBNAIL = "profiles.thumbnail"
THUMBNAIL_TYPE = "image/webp"
SIDE = 256
_QUALITY = 82

# `Jobs.enqueue`, or what stands in for it.
Enqueue = Callable[[WriteTx, Actor, str, Mapping[str, Json]], JobId]


def ask_for_thumbnails(tx: WriteTx, actor: Actor, enqueue: Enqueue, profiles: Sequence[ProfileId]) -> None:
    """One job for all of `profiles`, in the transaction that gave them their pictures; none for none."""
    if profiles:
        enqueue(tx, actor, THUMBNAIL, {"profiles": list[Json](profiles)})


def find_unshrunk(tx: ReadTx, actor: Actor, profile: ProfileId) -> Picture | None:
    """The picture that wants a small one; None if there is one, or neither picture nor profile any more."""
    actor.require(Scope.PROFILE_WRITE)
    found = rows.find_picture(tx, actor.workspace, profile)
    return found if found is not None and found.thumbnail is None else None


def keep_thumbnail(tx: WriteTx, actor: Actor, profile: ProfileId, avatar: BlobKey, thumbnail: BlobKey) -> None:
    """Keep the small picture of `avatar`, unless the profile has another picture by now."""
    actor.require(Scope.PROFILE_WRITE)
    rows.set_thumbnail(tx, actor.workspace, profile, avatar, thumbnail)


def make_thumbnail(picture: bytes) -> bytes:
    """The picture as WebP of at most 256 pixels a side, its first frame if it moves; raises `PictureUnreadable`.

    Blocking, and bounded as `decoded` is.
    """
    with decoded(picture) as image:
        return _shrink(image)


def _shrink(image: "Image.Image") -> bytes:
    from PIL import Image, ImageOps

    image.draft("RGB", (2 * SIDE, 2 * SIDE))  # JPEG only: decodes at a fraction of the size
    mode = "RGBA" if image.has_transparency_data else "RGB"
    small = image.convert(mode)
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = io.BytesIO()
    ImageOps.exif_transpose(small).save(out, "WEBP", quality=_QUALITY)
    return out.getvalue()
