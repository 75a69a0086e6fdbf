"""Lorebook files: SillyTavern world info and V3 lorebooks, read into the internal book."""

from dataclasses import dataclass

from fabula.features.profiles.cards.errors import CardTooLarge, NotALorebook
from fabula.features.profiles.cards.jsontext import parse_json, storable_copy
from fabula.features.profiles.cards.lore import read_book_value
from fabula.features.profiles.cards.types import DEFAULT_LIMITS, CardLimits, CardWarning, JsonObject, Report
from fabula.features.profiles.cards.worldinfo import is_world_info, to_book
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class BookFile:
    """`book` is the internal form (see `lore.py`); `raw` the JSON as found, to be stored as ASCII JSON text.

    `root` is `raw` without the characters that no database stores.
    """

    raw: Json
    root: JsonObject
    book: JsonObject
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
    book = read_book_value(_recognise(root), "book", report)
    if book is None:
        raise NotALorebook("it has no entries")
    return BookFile(raw, root, book, report.warnings)


def _recognise(root: JsonObject) -> Json:
    spec = root.get("spec")
    if spec == "lorebook_v3":
        return root.get("data")
    if spec is not None or "entries" not in root:
        raise NotALorebook("it is a character card" if "data" in root else "it has no entries")
    return to_book(root) if is_world_info(root) else root
