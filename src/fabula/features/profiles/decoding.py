"""Pictures as pixels, within limits: for thumbnails, and for PNG cards whose picture is of another kind."""

import io
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fabula.features.profiles.cards import DEFAULT_LIMITS, CardError, png
from fabula.features.profiles.errors import PictureUnreadable

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 50_000_000
# Decoded at four bytes each: 160 MB at most, twice over when two jobs run.
MAX_PIXELS = 40_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
# Exports come as they please, and each may hold all its pixels.
_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def decoded(picture: bytes) -> "Iterator[Image.Image]":
    """The picture, its pixels read when they are asked for; raises `PictureUnreadable`, also for what is done with it.

    Blocking, and bounded: the size is read from the header before a pixel is decoded, and text chunks, where cards
    and compressed bombs are, are left out.
    """
    from PIL import Image

    if len(picture) > MAX_BYTES:
        raise PictureUnreadable(f"it is larger than {MAX_BYTES:,} bytes")
    try:
        if picture.startswith(png.SIGNATURE):
            picture = png.replace_texts(picture, lambda _: True, {}, DEFAULT_LIMITS)
        with Image.open(io.BytesIO(picture), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PictureUnreadable(f"it has more than {MAX_PIXELS:,} pixels")
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureUnreadable(f"it has more than {MAX_PIXELS:,} pixels") from error
    except CardError as error:
        raise PictureUnreadable(error.message) from error
    # What Pillow's readers raise about broken files: a plugin's parsing knows no one class for it.
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error, zlib.error) as error:
        raise PictureUnreadable(f"it is damaged or of an unknown kind ({type(error).__name__})") from error


def to_png(picture: bytes) -> bytes:
    """The picture as PNG, its first frame if it moves; a PNG as it is. Blocking; raises `PictureUnreadable`."""
    from PIL import ImageOps

    if picture.startswith(png.SIGNATURE):
        return picture
    out = io.BytesIO()
    with _ONE_AT_A_TIME, decoded(picture) as image:
        whole = image.convert("RGBA" if image.has_transparency_data else "RGB")
        ImageOps.exif_transpose(whole).save(out, "PNG")
    return out.getvalue()
