"""Profiles out again, as card files."""

from dataclasses import dataclass, replace
from hashlib import sha256

from fabula.engine.blobs import FileBlobs
from fabula.features.profiles.cards import CardParts, Container, ExportFormat, ExportSpec, export_card, read_card
from fabula.features.profiles.decoding import to_png
from fabula.features.profiles.errors import PictureUnreadable
from fabula.features.profiles.rules import file_name
from fabula.features.profiles.types import StoredCard

_TYPES = {
    ExportFormat.PNG: "image/png",
    ExportFormat.JSON: "application/json",
    ExportFormat.CHARX: "application/zip",
}
_OWN = {
    Container.PNG: ExportFormat.PNG,
    Container.APNG: ExportFormat.PNG,
    Container.CHARX: ExportFormat.CHARX,
    Container.JSON: ExportFormat.JSON,
    Container.YAML: ExportFormat.JSON,
}


@dataclass(frozen=True, slots=True)
class CardDownload:
    """A finished file."""

    name: str
    media_type: str
    content: bytes


def write_card(blobs: FileBlobs, card: StoredCard, to: ExportFormat | None, spec: ExportSpec) -> CardDownload:
    """Write a profile as a file, in the format it came in unless `to` names one. Blocking: call from a thread.

    Raises a `CardError` where the card does not fit the format, `PictureUnreadable` and `BlobMissing`.
    """
    container = None if card.origin is None else Container(card.origin.format)
    chosen = to or (ExportFormat.PNG if container is None else _OWN[container])
    parts = CardParts(
        spec=card.content.spec,
        raw=None if card.origin is None else card.origin.raw,
        original=None if card.origin is None else blobs.get(card.origin.blob),
        container=container,
    )
    if chosen is not ExportFormat.JSON and card.avatar is not None:
        picture = blobs.get(card.avatar.avatar)
        if _has_new_picture(card, parts):
            parts = replace(parts, avatar=to_png(picture))
        elif chosen is ExportFormat.PNG:
            parts = replace(parts, shown=_to_png_if_it_can_be(picture))
    return CardDownload(file_name(card.content.name, chosen.value), _TYPES[chosen], export_card(parts, chosen, spec))


def _to_png_if_it_can_be(picture: bytes) -> bytes | None:
    """A picture that came with the card goes out with it in any case, so a damaged one only has nothing to show."""
    try:
        return to_png(picture)
    except PictureUnreadable:
        return None


def _has_new_picture(card: StoredCard, parts: CardParts) -> bool:
    """Tell whether the picture is another one than the file brought: then it goes out in its place."""
    if card.avatar is None or parts.original is None or card.origin is None:
        return card.avatar is not None
    if card.avatar.avatar == card.origin.blob:
        return False
    brought = read_card(parts.original, "").avatar
    return brought is None or sha256(brought.data).hexdigest() != card.avatar.avatar
