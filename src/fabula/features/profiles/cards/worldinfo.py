"""SillyTavern's world info: its entry ↔ the entry of a V3 book.

Names after `convertWorldInfoToCharacterBook` and `convertCharacterBook` of SillyTavern (`characters.js`,
`world-info.js`). What a book has no field for lives in the entry's `extensions`, under SillyTavern's
snake-case names; a name not in the table keeps its own spelling, so it comes back as it was.
"""

from fabula.features.profiles.cards.lore import ENTRY_FIELDS
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
