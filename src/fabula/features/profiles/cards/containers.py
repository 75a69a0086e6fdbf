"""What kind of file it is, and what lies inside: the card's JSON and the embedded files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from fabula.features.profiles.cards import archive, png
from fabula.features.profiles.cards.assets import media_type
from fabula.features.profiles.cards.base64text import decode_base64
from fabula.features.profiles.cards.errors import (
    CardCut,
    CardEncrypted,
    CardError,
    CardTooLarge,
    NoCardInside,
    NotACard,
)
from fabula.features.profiles.cards.jsontext import parse_json
from fabula.features.profiles.cards.types import CardLimits, Container, EmbeddedFile, Report
from fabula.features.profiles.cards.yamltext import parse_yaml
from fabula.plugins import Json

CARD_JSON = "card.json"
KEYWORDS = ("ccv3", "chara")  # in the order of the specification: where both stand, ccv3 is the card
ASSET_KEYWORD = "chara-ext-asset_"
_MAX_TRIES = 2  # chunks of one keyword: a file full of bombs would take minutes
_ENCRYPTED = b"rcc||"
_JSON_START = b" \t\r\n\0\xef\xbb\xbf\xff\xfe"


@dataclass(frozen=True, slots=True)
class Opened:
    """A container with its card's JSON value and the files it carries, by path."""

    container: Container
    raw: Json
    files: dict[str, EmbeddedFile] = field(default_factory=dict)


def open_container(data: bytes, filename: str, limits: CardLimits, report: Report) -> Opened:
    """Find the card in a file by its bytes (the name only tells YAML from broken JSON); raise a `CardError`."""
    if data.startswith(png.SIGNATURE):
        return _open_png(data, limits, report)
    head = data[:64].lstrip(_JSON_START)
    if head.startswith((b"{", b"[")):
        return Opened(Container.JSON, parse_json(data, "the file", limits, report))
    if archive.FIRST_ENTRY in data:
        return _open_charx(data, limits, report)
    if (picture := media_type(data)) is not None:
        raise NoCardInside(f"{picture} file")
    if filename.lower().endswith(".json"):
        return Opened(Container.JSON, parse_json(data, "the file", limits, report))
    return Opened(Container.YAML, _open_yaml(data, filename, limits, report))


def _open_yaml(data: bytes, filename: str, limits: CardLimits, report: Report) -> Json:
    try:
        return parse_yaml(data, limits, report)
    except CardError as error:
        if filename.lower().endswith((".yaml", ".yml")):
            raise
        raise NotACard("it is neither PNG, CHARX, JSON nor YAML") from error


@dataclass(slots=True)
class _Found:
    """What one pass over the chunks met."""

    cards: dict[str, list[png.Chunk]]
    files: dict[str, EmbeddedFile]
    is_animated: bool = False
    cut: png.Chunk | None = None


def _open_png(data: bytes, limits: CardLimits, report: Report) -> Opened:
    found = _scan(data, limits, report)
    container = Container.APNG if found.is_animated else Container.PNG
    chunks = [chunk for keyword in KEYWORDS for chunk in found.cards[keyword][:_MAX_TRIES]]
    if not chunks:
        if found.cut is not None:
            raise CardCut("the PNG, before its card is complete")
        raise NoCardInside(f"{container.value.upper()} picture")
    for keyword in KEYWORDS:
        if len(found.cards[keyword]) > 1:
            report.add(
                "duplicate_chunk", f"png.{keyword}", "more than one such chunk; the first that can be read counts"
            )
    if found.cut is not None:
        report.add("cut", "png", "the file ends too early, after the card; the picture may be incomplete")
    return Opened(container, _first_readable(chunks, limits, report), found.files)


def _scan(data: bytes, limits: CardLimits, report: Report) -> _Found:
    found = _Found({keyword: [] for keyword in KEYWORDS}, {})
    for chunk in png.walk(data, limits):
        if chunk.is_cut:
            found.cut = chunk
            break
        if not chunk.is_intact:
            report.add(
                "wrong_crc", f"png.{chunk.kind.decode('latin-1')}", "the checksum does not match; read all the same"
            )
        found.is_animated = found.is_animated or chunk.kind == b"acTL"
        keyword = png.keyword_of(chunk)
        if keyword is None:
            continue
        if keyword.lower() in found.cards:
            found.cards[keyword.lower()].append(chunk)
        elif keyword.lower().startswith(ASSET_KEYWORD):
            path = keyword[len(ASSET_KEYWORD) :].removeprefix(":")
            found.files[path] = EmbeddedFile(path, len(chunk.body) * 3 // 4, _asset_reader(chunk, limits, report))
    return found


def _asset_reader(chunk: png.Chunk, limits: CardLimits, report: Report) -> Callable[[], bytes]:
    def read() -> bytes:
        text = png.text_of(chunk, limits.entry * 4 // 3)
        return decode_base64(text, "an asset in the PNG", limits.entry, report)

    return read


def _first_readable(chunks: list[png.Chunk], limits: CardLimits, report: Report) -> Json:
    """The first chunk that can be read; the error of the very first if none can, or of one that is too large."""
    refusal: CardError | None = None
    for chunk in chunks:
        try:
            value = _read_text(chunk, limits, report)
        except CardTooLarge:
            raise
        except CardError as error:
            refusal = refusal or error
            continue
        if refusal is not None:
            report.add(
                "unreadable_chunk", "png", f"another card chunk is read instead of the preferred one: {refusal.message}"
            )
        return value
    assert refusal is not None
    raise refusal


def _read_text(chunk: png.Chunk, limits: CardLimits, report: Report) -> Json:
    place = f"the PNG chunk {png.keyword_of(chunk)!r}"
    text = png.text_of(chunk, 2 * limits.json)
    if text.startswith(_ENCRYPTED):
        raise CardEncrypted(place)
    if text[:64].lstrip(_JSON_START).startswith(b"{"):
        report.repaired(place, "plain JSON where base64 belongs")
    else:
        text = decode_base64(text, place, limits.json, report)
        if text.startswith(_ENCRYPTED):
            raise CardEncrypted(place)
    return parse_json(text, place, limits, report)


def _open_charx(data: bytes, limits: CardLimits, report: Report) -> Opened:
    entries = archive.list_entries(data, limits)
    card = entries.pop(CARD_JSON, None)
    if card is None:
        raise NoCardInside("archive (no card.json at its root)")
    files = {
        path: EmbeddedFile(path, entry.size, partial(archive.unpack, data, entry, report))
        for path, entry in entries.items()
    }
    raw = parse_json(archive.unpack(data, card, report), CARD_JSON, limits, report)
    return Opened(Container.CHARX, raw, files)
