"""Base64 as it is found in cards: url-safe, wrapped, without padding, behind a BOM."""

import binascii

from fabula.features.profiles.cards.errors import CardDamaged, CardTooLarge
from fabula.features.profiles.cards.types import Report

_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_IGNORED = b" \t\r\n\0"
_BOM = b"\xef\xbb\xbf"


def decode_base64(text: bytes, place: str, limit: int, report: Report) -> bytes:
    """Decode to at most `limit` bytes; raise `CardDamaged` for what is not base64, report what was mended."""
    if len(text) // 4 * 3 > limit + 3:
        raise CardTooLarge(place, limit)
    bare = text.removeprefix(_BOM).translate(_URL_SAFE, _IGNORED).rstrip(b"=")
    padded = bare + b"=" * (-len(bare) % 4)
    if padded != text:
        report.repaired(place, "base64 with wrong padding, white space or another alphabet")
    try:
        return binascii.a2b_base64(padded, strict_mode=True)
    except binascii.Error as error:
        raise CardDamaged(place, "it is not base64") from error
