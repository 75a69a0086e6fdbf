"""Every known shape of card JSON → the `data` object of Character Card V3, complete.

A value is looked for in `data`, then at the root (V1; Chub writes both), then under an older name.
`lay_over.py` writes edits back along the same road, so keep the two in step.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fabula.features.profiles.cards import coerce
from fabula.features.profiles.cards.errors import NotACard
from fabula.features.profiles.cards.jsontext import clean_copy, storable_copy
from fabula.features.profiles.cards.lore import read_book_value
from fabula.features.profiles.cards.types import CardLimits, JsonObject, Report, SourceSpec
from fabula.plugins import Json

DEFAULT_ICON: JsonObject = {"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"}


@dataclass(frozen=True, slots=True)
class Field:
    """How a field is read, what it is when absent, and its names in older shapes, always at the root."""

    read: coerce.Reading
    default: Callable[[], Json]
    older: tuple[str, ...] = ()


def _empty_list() -> Json:
    return []


def _empty_object() -> Json:
    return {}


def _none() -> Json:
    return None


FIELDS: dict[str, Field] = {
    "name": Field(coerce.text, str, ("char_name",)),
    "description": Field(coerce.text, str, ("char_persona", "context")),
    "personality": Field(coerce.text, str),
    "scenario": Field(coerce.text, str, ("world_scenario",)),
    "first_mes": Field(coerce.text, str, ("char_greeting", "greeting")),
    "mes_example": Field(coerce.text, str, ("example_dialogue",)),
    "creator_notes": Field(coerce.text, str, ("creatorcomment",)),
    "system_prompt": Field(coerce.text, str),
    "post_history_instructions": Field(coerce.text, str),
    "alternate_greetings": Field(coerce.texts, _empty_list),
    "tags": Field(coerce.words, _empty_list),
    "creator": Field(coerce.text, str),
    "character_version": Field(coerce.text, str),
    "extensions": Field(coerce.extensions, _empty_object),
    "character_book": Field(read_book_value, _none),
    "assets": Field(coerce.assets, lambda: [dict(DEFAULT_ICON)]),
    "nickname": Field(coerce.text, str),
    "creator_notes_multilingual": Field(coerce.multilingual, _empty_object),
    "source": Field(coerce.texts, _empty_list),
    "group_only_greetings": Field(coerce.texts, _empty_list),
    "creation_date": Field(coerce.date, _none),
    "modification_date": Field(coerce.date, _none),
}
V3_ONLY = frozenset(list(FIELDS)[list(FIELDS).index("assets") :])
_OLDER = {name for field in FIELDS.values() for name in field.older}
_ENVELOPE = frozenset({"spec", "spec_version", "data"})
_ROOT_HABITS = frozenset({"talkativeness", "fav", "create_date", "chat", "avatar"})  # SillyTavern writes them
_PYGMALION = frozenset({"char_name", "char_persona", "char_greeting", "world_scenario", "example_dialogue"})
_YAML = frozenset({"context", "greeting"})
_TELLING = (
    frozenset({"name", "description", "personality", "scenario", "first_mes", "mes_example"}) | _PYGMALION | _YAML
)


@dataclass(frozen=True, slots=True)
class Normal:
    """The normal form of a raw card."""

    source_spec: SourceSpec
    data: JsonObject


def normalise(raw: Json, limits: CardLimits, report: Report) -> Normal:
    """Read any known shape; raise `NotACard` if `raw` is none, `CardTooLarge` if it nests too deeply."""
    root = storable_copy(raw, limits, report)
    if not isinstance(root, dict):
        raise NotACard("its JSON is no object")
    source = _detect(root, report)
    data = root.get("data")
    if isinstance(data, dict):
        _report_root(root, data, report)
        fields = _fill_from_root(root, data, report)
        return Normal(source, _complete(fields, "data.", report))
    if "data" in root or "spec" in root:
        report.repaired("data", "missing; the fields at the root are read")
    fields = {key: value for key, value in root.items() if key not in _ENVELOPE | _OLDER}
    for name, field in FIELDS.items():
        fields |= _first_of(root, name, field)
    return Normal(source, _complete(fields, "", report))


def normalise_data(data: JsonObject, limits: CardLimits, report: Report) -> JsonObject:
    """Bring an edited or newly written V3 `data` object into the normal form; the form is its own fixed point."""
    copy = clean_copy(data, limits)
    assert isinstance(copy, dict)
    return _complete(copy, "data.", report)


def _complete(fields: JsonObject, path: str, report: Report) -> JsonObject:
    for key in fields:
        if key not in FIELDS and key not in _ROOT_HABITS:
            report.unknown(f"{path}{key}")
    complete: JsonObject = {}
    for name, field in FIELDS.items():
        value = field.read(fields[name], f"{path}{name}", report) if name in fields else None
        complete[name] = field.default() if value is None else value
    if not complete["name"]:
        report.add("empty_name", f"{path}name", "the card has no name")
    return complete | {key: value for key, value in fields.items() if key not in FIELDS}


def _first_of(root: JsonObject, name: str, field: Field) -> JsonObject:
    """The value at the root under the field's own name, or an older one if that says nothing."""
    for key in (name, *field.older):
        value = root.get(key)
        if value is not None and value != "":
            return {name: value}
    return {name: root[name]} if name in root else {}


def _fill_from_root(root: JsonObject, data: JsonObject, report: Report) -> JsonObject:
    filled = dict(data)
    for name, field in FIELDS.items():
        if filled.get(name) is None and (found := _first_of(root, name, field)):
            report.repaired(f"data.{name}", "missing in data; read from the root")
            filled |= found
    return filled


def _report_root(root: JsonObject, data: JsonObject, report: Report) -> None:
    for key in root:
        if key in _ENVELOPE or key in _OLDER or key in _ROOT_HABITS:
            continue
        if key not in FIELDS:
            report.unknown(key)
        elif key in data and root[key] != data[key]:
            report.add("root_differs", key, "differs from the same field in data, which is read")


def _detect(root: JsonObject, report: Report) -> SourceSpec:
    spec, data = root.get("spec"), root.get("data")
    telling = data if isinstance(data, dict) else root
    if spec == "lorebook_v3" or ("entries" in root and _TELLING.isdisjoint(root.keys() - {"name", "description"})):
        raise NotACard("it is a lorebook; import it as one")
    if _TELLING.isdisjoint(telling) and _TELLING.isdisjoint(root):
        raise NotACard("it has none of the fields of a card")
    if isinstance(spec, str) and spec.startswith("chara_card_v"):
        return _versioned(spec, root.get("spec_version"), report)
    if spec is not None:
        report.add("unknown_spec", "spec", "not a known specification; read by its fields")
    if isinstance(data, dict):
        report.repaired("spec", "missing; read as V3 data")
        return SourceSpec.V3 if not V3_ONLY.isdisjoint(data) else SourceSpec.V2
    if not _PYGMALION.isdisjoint(root):
        return SourceSpec.PYGMALION
    return SourceSpec.YAML if not _YAML.isdisjoint(root) else SourceSpec.V1


def _versioned(spec: str, version: Json, report: Report) -> SourceSpec:
    """Read `spec_version` as a number; a newer one is no reason to refuse a card."""
    if not isinstance(version, str):
        report.repaired("spec_version", "not text, or missing")
    known = 2.0 if spec == "chara_card_v2" else 3.0
    given = coerce.number(version, "spec_version", Report())
    if (given is not None and given > known) or spec not in {"chara_card_v2", "chara_card_v3"}:
        report.add("newer_spec", "spec_version", "another version of the specification; what is known of it is read")
    elif given is None and isinstance(version, str):
        report.repaired("spec_version", "not a number")
    return SourceSpec.V2 if spec == "chara_card_v2" else SourceSpec.V3
