"""Edits laid over the imported JSON: what was not edited stays the very value that came in.

An edit is what differs between the normal form of the raw JSON and the edited normal form. Objects are
compared key by key and lists element by element, so one edited lore entry leaves the others as found.
"""

from fabula.features.profiles.cards.jsontext import canonical, same
from fabula.features.profiles.cards.normal import FIELDS
from fabula.features.profiles.cards.types import JsonObject
from fabula.plugins import Json


def lay_over(raw: JsonObject, base: JsonObject, edited: JsonObject) -> JsonObject:
    """Return `raw` with every difference between `base` (its normal form) and `edited` written into it."""
    root = dict(raw)
    given = root.get("data")
    data = dict(given) if isinstance(given, dict) else None
    if data is not None:
        root["data"] = data
    for name in [*edited, *(base.keys() - edited.keys())]:
        if name in base and name in edited and same(base[name], edited[name]):
            continue
        for holder, key in _places(root, data, name):
            if name in edited:
                holder[key] = _merge(holder.get(key), base.get(name), edited[name])
            else:
                holder.pop(key, None)
    return root


def _places(root: JsonObject, data: JsonObject | None, name: str) -> list[tuple[JsonObject, str]]:
    """Everywhere the field stands; all are written, so that programs reading any of them agree."""
    older = FIELDS[name].older if name in FIELDS else ()
    at_root = [(root, key) for key in (name, *older) if key in root and (data is None or name in FIELDS)]
    if data is not None:
        return [(data, name), *at_root]
    return at_root or [(root, name)]


def _merge(raw: Json, base: Json, edited: Json) -> Json:
    if same(base, edited):
        return raw
    if isinstance(raw, dict) and isinstance(base, dict) and isinstance(edited, dict):
        return _merge_objects(raw, base, edited)
    if isinstance(raw, list) and isinstance(base, list) and isinstance(edited, list) and len(raw) == len(base):
        return _merge_lists(raw, base, edited)
    return edited


def _merge_objects(raw: JsonObject, base: JsonObject, edited: JsonObject) -> JsonObject:
    merged = {key: value for key, value in raw.items() if key in edited or key not in base}
    for key, value in edited.items():
        if key not in base or not same(base[key], value):
            merged[key] = _merge(raw.get(key), base.get(key), value)
    return merged


def _merge_lists(raw: list[Json], base: list[Json], edited: list[Json]) -> list[Json]:
    """Elements that were not edited keep their raw value wherever they moved (reading never reorders a list)."""
    origin = {canonical(value): at for at, value in enumerate(base)}
    merged: list[Json] = []
    for at, value in enumerate(edited):
        same_place = at < len(base) and same(base[at], value)
        found = at if same_place else origin.get(canonical(value))
        if found is not None:
            merged.append(raw[found])
        else:
            merged.append(_merge(raw[at], base[at], value) if len(edited) == len(base) else value)
    return merged
