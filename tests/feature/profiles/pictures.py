"""Pictures and cards of the tests' own making."""

import io
import json
from base64 import b64encode

from PIL import Image

from fabula.features.profiles.cards import DEFAULT_LIMITS, png


def picture(kind: str = "png", size: tuple[int, int] = (400, 300), colour: str = "red", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind.upper())
    return out.getvalue()


def card_png(name: str, *, tags: list[str] | None = None, colour: str = "red", damaged: bool = False) -> bytes:
    """A V3 card in a PNG; a damaged one has a header that no pixels follow."""
    card = {
        "spec": "chara_card_v3",
        "spec_version": "3.0",
        "data": {"name": name, "first_mes": "Hi", "tags": tags or []},
    }
    text = b64encode(json.dumps(card).encode())
    content = png.replace_texts(picture(colour=colour), lambda _: False, {"ccv3": text}, DEFAULT_LIMITS)
    if not damaged:
        return content
    kept = [bytes(chunk.whole) for chunk in png.walk(content, DEFAULT_LIMITS) if chunk.kind != b"IDAT"]
    return png.SIGNATURE + b"".join(kept)
