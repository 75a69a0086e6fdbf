"""SillyTavern's world info: its entry ↔ the entry of a V3 book.

Names after `convertWorldInfoToCharacterBook` and `convertCharacterBook` of SillyTavern (`characters.js`,
`world-info.js`). What a book has no field for lives in the entry's `extensions`, under SillyTavern's
snake-case names; a name not in the table keeps its own spelling, so it comes back as it was.
"""

from fabula.features.profiles.cards.lore import ENTRY_FIELDS, ORDER_IF_NONE
from fabula.features.profiles.cards.types import JsonObject
from fabula.plugins import Json

_FIELDS = {
    "uid": "id",
    "key": "keys",
    "keysecondary": "secondary_keys",
    "order": "insertion_order",
}
_EXTENSIONS = {
    "excludeRecursion": "exclude_recursion",
    "preventRecursion": "prevent_recursion",
    "delayUntilRecursion": "delay_until_recursion",
    "displayIndex": "display_index",
    "groupOverride": "group_override",
    "groupWeight": "group_weight",
    "useGroupScoring": "use_group_scoring",
    "scanDepth": "scan_depth",
    "caseSensitive": "case_sensitive",
    "matchWholeWords": "match_whole_words",
    "automationId": "automation_id",
    "outletName": "outlet_name",
    "matchPersonaDescription": "match_persona_description",
    "matchCharacterDescription": "match_character_description",
    "matchCharacterPersonality": "match_character_personality",
    "matchCharacterDepthPrompt": "match_character_depth_prompt",
    "matchScenario": "match_scenario",
    "matchCreatorNotes": "match_creator_notes",
    "ignoreBudget": "ignore_budget",
}
_NATIVE_FIELDS = {name: native for native, name in _FIELDS.items()}
_NATIVE_EXTENSIONS = {name: native for native, name in _EXTENSIONS.items()}
_KEPT = ENTRY_FIELDS - _FIELDS.keys() - {"case_sensitive", "extensions"}
_ROOT_ONLY = "originalData"  # a stale copy of the book SillyTavern came from; it would export that instead


def is_world_info(root: JsonObject) -> bool:
    """Tell SillyTavern's own entries by their names; a V2 book says `keys`."""
    entries = root.get("entries")
    items = list(entries.values()) if isinstance(entries, dict) else entries
    first = items[0] if isinstance(items, list) and items else None
    if not isinstance(first, dict):
        return isinstance(entries, dict)
    return "keys" not in first and not first.keys().isdisjoint({"key", "uid", "keysecondary", "disable"})


def to_book(root: JsonObject) -> JsonObject:
    """World info as a book, values not yet checked: `read_book_value` does that."""
    entries = root.get("entries")
    pairs = list(entries.items()) if isinstance(entries, dict) else []
    if isinstance(entries, list):
        pairs = [(str(n), item) for n, item in enumerate(entries)]
    found: list[Json] = [_to_entry(key, item) if isinstance(item, dict) else item for key, item in pairs]
    return {key: item for key, item in root.items() if key != _ROOT_ONLY} | {"entries": found}


def _to_entry(key: str, native: JsonObject) -> JsonObject:
    given = native.get("extensions")
    extensions: JsonObject = dict(given) if isinstance(given, dict) else {}
    entry: JsonObject = {"extensions": extensions}
    if key.isascii() and key.isdigit() and len(key) < 10:
        entry["id"] = int(key)
    for name, value in native.items():
        if name == "uid" and value is None:
            continue
        if name in _FIELDS:
            entry[_FIELDS[name]] = value
        elif name in _KEPT:
            entry[name] = value
        elif name == "disable":
            entry["enabled"] = not value
        elif name != "extensions":
            extensions[_EXTENSIONS.get(name, name)] = value
    return entry


def to_world_info(book: JsonObject) -> JsonObject:
    """A book as world info; entries without a usable id, or with one already taken, get the next free uid."""
    entries = book["entries"]
    assert isinstance(entries, list)
    taken = [entry for entry in entries if isinstance(entry, dict)]
    free = max((_uid(entry) or 0 for entry in taken), default=-1) + 1
    written: JsonObject = {}
    for entry in taken:
        uid = _uid(entry)
        if uid is None or str(uid) in written:
            uid, free = free, free + 1
        written[str(uid)] = _to_native(uid, entry)
    root: JsonObject = {key: item for key, item in book.items() if key != "entries" and item != {}}
    return {"entries": written, **root}


def _uid(entry: JsonObject) -> int | None:
    given = entry.get("id")
    return given if isinstance(given, int) and given >= 0 else None


def _to_native(uid: int, entry: JsonObject) -> JsonObject:
    extensions = entry.get("extensions")
    extra = extensions if isinstance(extensions, dict) else {}
    native: JsonObject = {
        "uid": uid,
        "key": entry["keys"],
        "keysecondary": entry.get("secondary_keys", []),
        "comment": entry.get("comment", ""),
        "content": entry["content"],
        "constant": entry.get("constant", False),
        "selective": entry.get("selective", False),
        "order": entry.get("insertion_order", ORDER_IF_NONE),
        "position": _position(entry, extra),
        "disable": not entry["enabled"],
    }
    if "case_sensitive" in entry and "case_sensitive" not in extra:
        native["caseSensitive"] = entry["case_sensitive"]
    done = {*_NATIVE_FIELDS, "enabled", "position", "extensions", "case_sensitive", *native}
    for name, value in entry.items():
        if name not in done and not (name == "use_regex" and not value):
            native[name] = value
    return native | {_NATIVE_EXTENSIONS.get(name, name): item for name, item in extra.items() if name != "position"}


def _position(entry: JsonObject, extra: JsonObject) -> Json:
    number = extra.get("position")
    if isinstance(number, (int, float)) and not isinstance(number, bool):
        return number
    return 0 if entry.get("position") == "before_char" else 1
