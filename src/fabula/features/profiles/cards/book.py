"""Lorebook files: SillyTavern world info and V3 lorebooks, read into the internal book and written from it."""

from dataclasses import dataclass
from enum import Enum

from fabula.features.profiles.cards.errors import CardTooLarge, NotALorebook
from fabula.features.profiles.cards.jsontext import dump_json, parse_json, storable_copy
from fabula.features.profiles.cards.lore import read_book_value
from fabula.features.profiles.cards.types import DEFAULT_LIMITS, CardLimits, CardWarning, JsonObject, Report
from fabula.features.profiles.cards.worldinfo import is_world_info, to_book, to_world_info
from fabula.plugins import Json


class BookFormat(Enum):
    """What a lorebook file looks like; a bare book is the V2 object without an envelope."""

    WORLD_INFO = "st_world_info"
    V3 = "lorebook_v3"
    BARE = "character_book"


@dataclass(frozen=True, slots=True)
class BookFile:
    """`book` is the internal form (see `lore.py`); `raw` the JSON as found, to be stored as ASCII JSON text.

    `root` is `raw` without the characters that no database stores.
    """

    raw: Json
    root: JsonObject
    book: JsonObject
    format: BookFormat
    report: tuple[CardWarning, ...]


def read_book(data: bytes, limits: CardLimits = DEFAULT_LIMITS) -> BookFile:
    """Read a lorebook file; raise a `CardError` if it is none. Every entry survives, whatever its id."""
    if len(data) > limits.file:
        raise CardTooLarge("the file", limits.file)
    report = Report()
    raw = parse_json(data, "the lorebook file", limits, report)
    root = storable_copy(raw, limits, report)
    if not isinstance(root, dict):
        raise NotALorebook("its JSON is no object")
    found, given = _recognise(root)
    book = read_book_value(given, "book", report)
    if book is None:
        raise NotALorebook("it has no entries")
    return BookFile(raw, root, book, found, report.warnings)


def _recognise(root: JsonObject) -> tuple[BookFormat, Json]:
    spec = root.get("spec")
    if spec == "lorebook_v3":
        return BookFormat.V3, root.get("data")
    if spec is not None or "entries" not in root:
        raise NotALorebook("it is a character card" if "data" in root else "it has no entries")
    if is_world_info(root):
        return BookFormat.WORLD_INFO, to_book(root)
    return BookFormat.BARE, root


def write_book(book: JsonObject, to: BookFormat) -> bytes:
    """Write the internal book as a file of the given format."""
    if to is BookFormat.WORLD_INFO:
        return dump_json(to_world_info(book), indent=4)
    return dump_json({"spec": "lorebook_v3", "data": book} if to is BookFormat.V3 else book, indent=2)
