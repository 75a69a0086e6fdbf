"""Assets of a card: where each uri points, and which one is the avatar.

Schemes of the V3 specification, and the spellings met beside them: `embeded://` (its own spelling),
`embedded://`, `__asset:`, `ccdefault:`, `data:`, `https:`. Prefixes in any case, paths as written.
"""

from collections.abc import Iterator, Mapping

from fabula.features.profiles.cards.base64text import decode_base64
from fabula.features.profiles.cards.errors import CardError
from fabula.features.profiles.cards.types import (
    AssetPlace,
    Avatar,
    CardAsset,
    CardLimits,
    EmbeddedFile,
    JsonObject,
    Report,
)

# Where an exported CHARX keeps a picture its JSON has no line for; read back only if the JSON names no other.
OWN_ICON = "assets/icon/images/main.png"
_MAX_ICONS = 4  # tried for the avatar: each may be a bomb
_EMBEDDED = ("embeded://", "embedded://", "__asset:")
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"ftypavif", 4, "image/avif"),
)


def media_type(data: bytes) -> str | None:
    """The media type of a picture by its first bytes, None if it is none that browsers show."""
    return next((kind for magic, at, kind in _MAGIC if data.startswith(magic, at)), None)


def list_assets(spec: JsonObject, files: Mapping[str, EmbeddedFile]) -> tuple[CardAsset, ...]:
    """`data.assets` of a normal card, each with its place."""
    assets = spec["assets"]
    assert isinstance(assets, list)
    return tuple(_locate(item, files) for item in assets if isinstance(item, dict))


def _locate(item: JsonObject, files: Mapping[str, EmbeddedFile]) -> CardAsset:
    kind, uri, name, ext = (str(item[key]) for key in ("type", "uri", "name", "ext"))
    scheme = uri[:12].lower()
    prefix = next((prefix for prefix in _EMBEDDED if scheme.startswith(prefix)), None)
    if prefix is not None:
        path = uri[len(prefix) :]
        if (found := files.get(path)) is not None:
            return CardAsset(kind, uri, name, ext, AssetPlace.EMBEDDED, path, found.size)
        return CardAsset(kind, uri, name, ext, AssetPlace.MISSING, path)
    if scheme.startswith("ccdefault:"):
        return CardAsset(kind, uri, name, ext, AssetPlace.FILE)
    if scheme.startswith("data:"):
        return CardAsset(kind, uri, name, ext, AssetPlace.INLINE)
    place = AssetPlace.REMOTE if scheme.startswith(("https:", "http:")) else AssetPlace.MISSING
    return CardAsset(kind, uri, name, ext, place)


def icons(assets: tuple[CardAsset, ...]) -> list[CardAsset]:
    """The icons, the main one first."""
    return sorted((asset for asset in assets if asset.type == "icon"), key=lambda asset: asset.name != "main")


def icon_path(assets: tuple[CardAsset, ...], files: Mapping[str, EmbeddedFile]) -> str | None:
    """The path of the embedded file that is the avatar, None if there is none."""
    for asset in icons(assets):
        if asset.place is AssetPlace.EMBEDDED:
            return asset.path
    return OWN_ICON if OWN_ICON in files else None


def find_avatar(
    assets: tuple[CardAsset, ...], files: Mapping[str, EmbeddedFile], limits: CardLimits, report: Report
) -> Avatar | None:
    """The first icon that is a picture; one that cannot be read is reported and passed over."""
    for place, data in _pictures(assets, files, limits, report):
        kind = media_type(data)
        if kind is not None:
            return Avatar(data, kind)
        report.dropped(place, "an icon that is no picture of a known kind")
    return None


def _pictures(
    assets: tuple[CardAsset, ...], files: Mapping[str, EmbeddedFile], limits: CardLimits, report: Report
) -> Iterator[tuple[str, bytes]]:
    for asset in icons(assets)[:_MAX_ICONS]:
        place = f"assets.{asset.name}"
        path = asset.path if asset.place is AssetPlace.EMBEDDED and asset.path else OWN_ICON
        try:
            if asset.place is AssetPlace.INLINE:
                yield place, _inline(asset.uri, limits, report)
            elif path in files:
                yield place, files[path].read()
        except CardError as error:
            report.dropped(place, f"an icon that cannot be read: {error.message}")
    if not icons(assets) and OWN_ICON in files:
        yield OWN_ICON, files[OWN_ICON].read()


def _inline(uri: str, limits: CardLimits, report: Report) -> bytes:
    _, _, payload = uri.partition(",")
    return decode_base64(payload.encode(), "a data: icon", limits.entry, report)
