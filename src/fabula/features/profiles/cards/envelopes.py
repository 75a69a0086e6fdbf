"""The JSON of an exported card: the imported one with edits, or a clean V2 or V3."""

from enum import Enum

from fabula.features.profiles.cards.errors import NotACard
from fabula.features.profiles.cards.jsontext import same
from fabula.features.profiles.cards.lay_over import lay_over
from fabula.features.profiles.cards.normal import FIELDS, V3_ONLY, normalise
from fabula.features.profiles.cards.types import CardLimits, JsonObject, Report
from fabula.plugins import Json

_V3_REQUIRED = frozenset(set(FIELDS) - V3_ONLY - {"character_book"}) | {"group_only_greetings"}


class ExportSpec(Enum):
    """`original`: the shape that was imported; V3 for a card made here."""

    ORIGINAL = "original"
    V2 = "v2"
    V3 = "v3"


def build_json(raw: Json, data: JsonObject, spec: ExportSpec, limits: CardLimits) -> JsonObject:
    """The JSON object of a card with the normal form `data`, in the shape asked for."""
    if spec is ExportSpec.V2:
        return to_v2(data)
    if spec is ExportSpec.V3 or raw is None:
        return to_v3(data)
    if not isinstance(raw, dict):
        raise NotACard("its JSON is no object")
    return lay_over(raw, normalise(raw, limits, Report()).data, data)


def to_v3(data: JsonObject) -> JsonObject:
    """A V3 card of a normal `data`; optional fields that say nothing are left out."""
    said: JsonObject = {key: value for key, value in data.items() if key in _V3_REQUIRED or not _is_default(key, value)}
    return {"spec": "chara_card_v3", "spec_version": "3.0", "data": said}


def to_v2(data: JsonObject) -> JsonObject:
    """A V2 card with every field V2 demands; what only V3 has is left out, unknown fields are kept."""
    said: JsonObject = {
        key: value for key, value in data.items() if key not in V3_ONLY and not (key in FIELDS and value is None)
    }
    if isinstance(book := said.get("character_book"), dict):
        said["character_book"] = _v2_book(book)
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": said}


def _v2_book(book: JsonObject) -> JsonObject:
    """V2 knows no `use_regex`; it stays where it is true, for the programs that read it there."""
    entries = book["entries"]
    assert isinstance(entries, list)
    said: list[Json] = [
        {key: value for key, value in entry.items() if key != "use_regex" or value}
        for entry in entries
        if isinstance(entry, dict)
    ]
    return {**book, "entries": said}


def _is_default(key: str, value: Json) -> bool:
    return key in FIELDS and same(value, FIELDS[key].default())
