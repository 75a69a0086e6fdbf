"""Where each field of an entry stands in the two families of files, and how loosely it may be written there.

Books (V2, V3) keep the specified fields at the top and SillyTavern's in `extensions`, in snake case but for two;
SillyTavern's own files keep all at the top, in camel case. A place is a name, `ext.` before it for one in
`extensions`, `!` for a boolean that stands there negated. The first place with a usable value is read; the first
place of the family is written.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from fabula.features.lore.types import Logic, LoreRole, Position
from fabula.plugins.contracts import Json

NUMBER_LIMIT = 1e9  # larger numbers are damage: they overflow columns and mean nothing as order or count

ST_POSITIONS = (
    Position.BEFORE_CHAR,
    Position.AFTER_CHAR,
    Position.NOTE_TOP,
    Position.NOTE_BOTTOM,
    Position.AT_DEPTH,
    Position.EXAMPLES_TOP,
    Position.EXAMPLES_BOTTOM,
    Position.OUTLET,
)
ST_ROLES = (LoreRole.SYSTEM, LoreRole.USER, LoreRole.ASSISTANT)
_POSITION_NAMES = {p.value: p for p in ST_POSITIONS} | {"in_chat": Position.AT_DEPTH}


@dataclass(frozen=True)
class Field:
    """One field of `LoreEntry` or `Lorebook`: its reader answers None for a value it cannot use."""

    name: str
    read: Callable[[Json], object | None]
    book: tuple[str, ...]
    st: tuple[str, ...]

    @cached_property
    def book_first(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.book + self.st))

    @cached_property
    def st_first(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.st + self.book))


def read_fields(raw: Mapping[str, Json], fields: tuple[Field, ...], *, in_st: bool) -> dict[str, object]:
    """Read what is usable of `fields`, the places of one family before those of the other."""
    extensions = raw.get("extensions")
    flat = dict(raw)
    if isinstance(extensions, dict):
        flat |= {f"ext.{name}": value for name, value in extensions.items()}
    found: dict[str, object] = {}
    for field in fields:
        for place in field.st_first if in_st else field.book_first:
            value = flat.get(place.removeprefix("!"))
            usable = None if value is None else field.read(value)
            if usable is not None:
                found[field.name] = not usable if place.startswith("!") else usable
                break
    return found


def read_text(value: Json) -> str | None:
    """A string; numbers are taken as text."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def read_flag(value: Json) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int) else None


def read_number(value: Json) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if abs(value) > NUMBER_LIMIT or math.isnan(value):
        return None
    return int(value) if value == int(value) else value


def read_count(value: Json) -> int | None:
    """A whole number from 0; fractions are cut."""
    number = read_number(value)
    return int(number) if number is not None and number >= 0 else None


def read_positive(value: Json) -> int | None:
    return read_count(value) or None


def read_percent(value: Json) -> float | None:
    number = read_number(value)
    return None if number is None else min(100, max(0, number))


def read_level(value: Json) -> int | None:
    """A recursion level: false = 0, true = 1, or the number."""
    return int(value) if isinstance(value, bool) else read_count(value)


def read_strings(value: Json) -> tuple[str, ...] | None:
    """Strings without the blank ones; a single string is split at its commas."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list):
        return None
    texts = (read_text(item) for item in value)
    return tuple(text for text in texts if text is not None and text.strip())


def read_position(value: Json) -> Position | None:
    if isinstance(value, str) and value in _POSITION_NAMES:
        return _POSITION_NAMES[value]
    number = read_count(value)
    return ST_POSITIONS[number] if number is not None and number < len(ST_POSITIONS) else None


def read_role(value: Json) -> LoreRole | None:
    if isinstance(value, str) and value in {role.value for role in ST_ROLES}:
        return LoreRole(value)
    number = read_count(value)
    return ST_ROLES[number] if number is not None and number < len(ST_ROLES) else None


def read_logic(value: Json) -> Logic | None:
    number = read_count(value)
    return Logic(number) if number is not None and number < len(Logic) else None


def write_value(value: object) -> Json:
    """A field's value as files hold it."""
    match value:
        case Logic():
            return value.value
        case Position():
            return ST_POSITIONS.index(value) if value in ST_POSITIONS else 1
        case LoreRole():
            return ST_ROLES.index(value)
        case tuple():
            return [write_value(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
        case Enum() | _:
            raise TypeError(f"no file form for {value!r}")


ENTRY_FIELDS = (
    Field("keys", read_strings, ("keys", "key"), ("key", "keys")),
    Field("secondary_keys", read_strings, ("secondary_keys", "keysecondary"), ("keysecondary", "secondary_keys")),
    Field("selective", read_flag, ("selective",), ("selective",)),
    Field("logic", read_logic, ("ext.selectiveLogic", "selectiveLogic"), ("selectiveLogic",)),
    Field("content", read_text, ("content",), ("content",)),
    Field("name", read_text, ("name",), ("name",)),
    Field("comment", read_text, ("comment",), ("comment",)),
    Field("enabled", read_flag, ("enabled", "!disable"), ("!disable", "enabled")),
    Field("constant", read_flag, ("constant",), ("constant",)),
    Field("insertion_order", read_number, ("insertion_order", "order"), ("order", "insertion_order")),
    Field("priority", read_number, ("priority",), ("priority",)),
    Field("position", read_position, ("ext.position", "position"), ("position",)),
    Field("depth", read_count, ("ext.depth", "depth"), ("depth",)),
    Field("role", read_role, ("ext.role", "role"), ("role",)),
    Field("outlet", read_text, ("ext.outlet_name",), ("outletName",)),
    Field("use_probability", read_flag, ("ext.useProbability", "useProbability"), ("useProbability",)),
    Field("probability", read_percent, ("ext.probability", "probability"), ("probability",)),
    Field("group", read_text, ("ext.group", "group"), ("group",)),
    Field("group_weight", read_count, ("ext.group_weight",), ("groupWeight",)),
    Field("group_override", read_flag, ("ext.group_override",), ("groupOverride",)),
    Field("use_group_scoring", read_flag, ("ext.use_group_scoring",), ("useGroupScoring",)),
    Field("scan_depth", read_count, ("ext.scan_depth", "scan_depth"), ("scanDepth",)),
    Field("case_sensitive", read_flag, ("case_sensitive", "ext.case_sensitive"), ("caseSensitive",)),
    Field("match_whole_words", read_flag, ("ext.match_whole_words", "match_whole_words"), ("matchWholeWords",)),
    Field("use_regex", read_flag, ("use_regex",), ("use_regex",)),
    Field("exclude_recursion", read_flag, ("ext.exclude_recursion",), ("excludeRecursion",)),
    Field("prevent_recursion", read_flag, ("ext.prevent_recursion",), ("preventRecursion",)),
    Field("delay_until_recursion", read_level, ("ext.delay_until_recursion",), ("delayUntilRecursion",)),
    Field("sticky", read_count, ("ext.sticky",), ("sticky",)),
    Field("cooldown", read_count, ("ext.cooldown",), ("cooldown",)),
    Field("delay", read_count, ("ext.delay",), ("delay",)),
    Field("ignore_budget", read_flag, ("ext.ignore_budget",), ("ignoreBudget",)),
    Field("triggers", read_strings, ("ext.triggers",), ("triggers",)),
)

BOOK_FIELDS = (
    Field("name", read_text, ("name",), ("name",)),
    Field("description", read_text, ("description",), ("description",)),
    Field("scan_depth", read_count, ("scan_depth",), ("scan_depth", "scanDepth")),
    Field("token_budget", read_positive, ("token_budget",), ("token_budget", "tokenBudget")),
    Field("recursive", read_flag, ("recursive_scanning",), ("recursive_scanning", "recursiveScanning")),
    Field("max_recursion_steps", read_count, ("ext.max_recursion_steps",), ("ext.max_recursion_steps",)),
)

# Flags for texts scanned beside the chat: the text's name in `ScanInput.opt_in`, its place in books, and in ST.
SCAN_SOURCES = {
    "persona_description": ("ext.match_persona_description", "matchPersonaDescription"),
    "character_description": ("ext.match_character_description", "matchCharacterDescription"),
    "character_personality": ("ext.match_character_personality", "matchCharacterPersonality"),
    "character_depth_prompt": ("ext.match_character_depth_prompt", "matchCharacterDepthPrompt"),
    "scenario": ("ext.match_scenario", "matchScenario"),
    "creator_notes": ("ext.match_creator_notes", "matchCreatorNotes"),
}

# Fields the engine does not use, renamed on the way between the families so that neither loses them.
CARRIED = {"automation_id": "automationId", "vectorized": "vectorized", "display_index": "displayIndex"}
