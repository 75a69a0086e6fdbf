"""Cards out again: as they came in where nothing was edited, and in any format that was asked for."""

import io
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from fabula.features.profiles.cards import archive, png
from fabula.features.profiles.cards.assets import OWN_ICON, icon_path, list_assets
from fabula.features.profiles.cards.containers import ASSET_KEYWORD, CARD_JSON, KEYWORDS, open_container
from fabula.features.profiles.cards.envelopes import ExportSpec, build_json, to_v2
from fabula.features.profiles.cards.errors import AvatarNotPng, CardTooLarge
from fabula.features.profiles.cards.jsontext import dump_json, same
from fabula.features.profiles.cards.normal import normalise_data
from fabula.features.profiles.cards.types import DEFAULT_LIMITS, CardLimits, Container, EmbeddedFile, JsonObject, Report
from fabula.plugins import Json

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the format's first: equal cards make equal files


class ExportFormat(Enum):
    PNG = "png"
    JSON = "json"
    CHARX = "charx"


_OWN_FORMAT = {
    Container.PNG: ExportFormat.PNG,
    Container.APNG: ExportFormat.PNG,
    Container.CHARX: ExportFormat.CHARX,
    Container.JSON: ExportFormat.JSON,
}


@dataclass(frozen=True, slots=True)
class CardParts:
    """What an export is made of.

    `spec` is the normal form, edited or not; `raw`, `original` (the file as imported) and `container` are None for
    a card made here. `avatar` is a PNG that replaces the picture; None keeps the one of `original`. `shown` is
    the same picture as a PNG, for a PNG card whose file brought one of another kind.
    """

    spec: JsonObject
    raw: Json = None
    original: bytes | None = None
    container: Container | None = None
    avatar: bytes | None = None
    shown: bytes | None = None


def export_card(
    parts: CardParts,
    to: ExportFormat,
    spec: ExportSpec = ExportSpec.ORIGINAL,
    limits: CardLimits = DEFAULT_LIMITS,
) -> bytes:
    """Write a card.

    `original` is the imported JSON with the edited fields laid over it: unedited, the same JSON value, and in
    the file's own format the same bytes. A PNG without any picture gets a plain one. Raises `AvatarNotPng`,
    or a `CardError` where `original` cannot be read any more.
    """
    if parts.avatar is not None and not parts.avatar.startswith(png.SIGNATURE):
        raise AvatarNotPng
    parts = replace(parts, spec=normalise_data(parts.spec, limits, Report()))
    card = build_json(parts.raw, parts.spec, spec, limits)
    if spec is ExportSpec.ORIGINAL and (file := _untouched(parts, card, to)) is not None:
        return file
    if to is ExportFormat.JSON:
        return dump_json(card, indent=2)
    files = _files(parts, limits)
    if to is ExportFormat.PNG:
        return _write_png(parts, card, files, limits)
    return _write_charx(parts, card, files, spec, limits)


def _untouched(parts: CardParts, card: JsonObject, to: ExportFormat) -> bytes | None:
    """The imported file itself, where it has the format asked for and nothing was edited."""
    if parts.original is None or parts.container is None or parts.avatar is not None:
        return None
    return parts.original if _OWN_FORMAT.get(parts.container) is to and same(card, parts.raw) else None


def _files(parts: CardParts, limits: CardLimits) -> dict[str, EmbeddedFile]:
    if parts.original is None or parts.container in {None, Container.JSON, Container.YAML}:
        return {}
    return open_container(parts.original, "", limits, Report()).files


def _write_png(parts: CardParts, card: JsonObject, files: Mapping[str, EmbeddedFile], limits: CardLimits) -> bytes:
    """V3 goes under `ccv3`, with a V2 under `chara` for programs that know no other; older cards under `chara`."""
    is_older = card.get("spec") is None or card.get("spec") == "chara_card_v2"
    texts = {"chara": card} if is_older else {"ccv3": card, "chara": to_v2(parts.spec)}
    chunks = {keyword: b64encode(dump_json(value)) for keyword, value in texts.items()}
    own = _own_picture(parts)
    if own is not None and parts.avatar is None:
        return png.replace_texts(own, _is_card, chunks, limits)
    assets = list_assets(parts.spec, files)
    icon = icon_path(assets, files)
    picture = files[icon].read() if parts.avatar is None and icon is not None else parts.avatar
    if picture is None or not picture.startswith(png.SIGNATURE):
        picture = parts.shown or png.placeholder()
    named = {asset.path for asset in assets}
    contents = _read_all(files, limits)
    if parts.avatar is not None and icon is not None:
        contents[icon] = parts.avatar
    for path, content in contents.items():
        if path != OWN_ICON or path in named:  # otherwise it is the picture itself
            chunks[f"{ASSET_KEYWORD}:{path}"] = b64encode(content)
    return png.replace_texts(picture, _is_card_or_asset, chunks, limits)


def _read_all(files: Mapping[str, EmbeddedFile], limits: CardLimits) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    total = 0
    for path, file in files.items():
        contents[path] = file.read()
        total += len(contents[path])
        if total > limits.total:
            raise CardTooLarge("the card's embedded files, unpacked,", limits.total)
    return contents


def _is_card(keyword: str) -> bool:
    return keyword.lower() in KEYWORDS


def _is_card_or_asset(keyword: str) -> bool:
    return _is_card(keyword) or keyword.lower().startswith(ASSET_KEYWORD)


def _own_picture(parts: CardParts) -> bytes | None:
    return parts.original if parts.original is not None and parts.original.startswith(png.SIGNATURE) else None


def _write_charx(
    parts: CardParts,
    card: JsonObject,
    files: Mapping[str, EmbeddedFile],
    spec: ExportSpec,
    limits: CardLimits,
) -> bytes:
    """An archive keeps all its files, and what it is glued behind; a PNG's picture becomes the icon."""
    for path in files:
        archive.check_path(path)  # a PNG may call its assets anything
    contents = _read_all(files, limits)
    contents.pop(CARD_JSON, None)
    glued = b""
    if parts.container is Container.CHARX and parts.original is not None:
        glued = parts.original.partition(archive.FIRST_ENTRY)[0]
    path = icon_path(list_assets(parts.spec, files), files) or OWN_ICON
    if spec is ExportSpec.V2 and path in contents:
        contents[OWN_ICON], path = contents[path], OWN_ICON  # its JSON has no assets to name another
    if (picture := parts.avatar or _own_picture(parts)) is not None:
        contents[path] = png.replace_texts(picture, _is_card_or_asset, {}, limits)
        if spec is ExportSpec.V3 and path == OWN_ICON:
            card = _with_own_icon(card)
    return glued + _zip({CARD_JSON: dump_json(card, indent=2), **contents})


def _with_own_icon(card: JsonObject) -> JsonObject:
    """Point the main icon, which was "the picture that carries me", at the file in the archive."""
    data = card["data"]
    assert isinstance(data, dict)
    given = data.get("assets")
    others = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    icon: JsonObject = {"type": "icon", "uri": f"embeded://{OWN_ICON}", "name": "main", "ext": "png"}
    kept: list[Json] = [item for item in others if item.get("uri") not in {"ccdefault:", icon["uri"]}]
    return {**card, "data": {**data, "assets": [icon, *kept]}}


def _zip(contents: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for path, content in contents.items():
            file.writestr(zipfile.ZipInfo(path, _ZIP_DATE), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
