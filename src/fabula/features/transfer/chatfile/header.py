"""A chat file's first line: what of it becomes settings of a chat, and how changed settings go back into it."""

from collections.abc import Mapping
from dataclasses import dataclass

from fabula.features.transfer.chatfile.text import clean, name_of
from fabula.features.transfer.types import JsonObject, Notes
from fabula.plugins import Json

# What current versions write where older ones wrote the two names.
UNUSED = "unused"
_ROLES = ("system", "user", "assistant")  # by SillyTavern's numbers
# Where the author's note stands, by SillyTavern's numbers: 0 after the main prompt, 2 before it, 1 (and what it does
# not name) in the chat, which is our usual place.
_PLACES = {0: "after_char", 2: "before_char"}
_NUMBERS = {place: number for number, place in _PLACES.items()}
_IN_CHAT = 1
_NOTE_CHARS = 20_000
_MAX_VARIABLES = 1_000
_VARIABLE_CHARS = 200
_DEPTH, _MAX_DEPTH = 4, 10_000
# Kept and written out again, but nothing here acts on them.
_IDLE = ("scenario", "system_prompt", "mes_example", "timedWorldInfo", "script_injects", "quickReply")


@dataclass(frozen=True, slots=True)
class HeaderView:
    """What a header says that matters here; its lines may all be missing."""

    character: str
    main: str
    world: str
    persona: str

    @classmethod
    def of(cls, header: JsonObject | None) -> "HeaderView":
        found, meta = header or {}, metadata_of(header)
        character = name_of(found.get("character_name"))
        main, world, persona = (name_of(meta.get(key)) for key in ("main_chat", "world_info", "persona"))
        return cls("" if character == UNUSED else character, main, world, persona)


def metadata_of(header: JsonObject | None) -> JsonObject:
    found = (header or {}).get("chat_metadata")
    return found if isinstance(found, dict) else {}


def settings_of(header: JsonObject | None, notes: Notes | None = None) -> JsonObject:
    """The author's note and the variables, as settings of a chat; what stays without effect is noted."""
    meta, settings = metadata_of(header), JsonObject()
    note = _note_of(meta)
    if note is not None:
        settings["authorNote"] = note
    variables = _variables_of(meta)
    if variables:
        settings["vars"] = variables
    if notes is not None:
        for key in _IDLE:
            if meta.get(key):
                notes.add("kept_without_effect", f"chat_metadata.{key}", "kept for export; nothing here acts on it")
        if note is not None and (_whole(meta.get("note_interval")) or 1) > 1:
            message = "kept for export; here the author's note stands in every prompt"
            notes.add("kept_without_effect", "chat_metadata.note_interval", message)
    return settings


def new_header(character: str, settings: Mapping[str, Json]) -> JsonObject:
    """A header for a chat that was made here."""
    made: JsonObject = {"user_name": UNUSED, "character_name": character or UNUSED, "chat_metadata": {}}
    return update_header(made, settings)


def update_header(header: JsonObject, settings: Mapping[str, Json]) -> JsonObject:
    """`header` with those settings laid over it that differ from what it says; else `header` itself."""
    had, changes = settings_of(header), JsonObject()
    note = settings.get("authorNote")
    if note != had.get("authorNote"):
        changes |= _write_note(note, metadata_of(header))
    variables = settings.get("vars")
    if (variables or None) != had.get("vars"):
        kept = metadata_of(header).get("variables")
        rest = {name: value for name, value in kept.items() if not _fits(name, value)} if isinstance(kept, dict) else {}
        changes["variables"] = {**rest, **(variables if isinstance(variables, dict) else {})}
    return {**header, "chat_metadata": {**metadata_of(header), **changes}} if changes else header


def _note_of(meta: JsonObject) -> JsonObject | None:
    text, interval = meta.get("note_prompt"), meta.get("note_interval", 1)
    if not isinstance(text, str) or not text or len(text) > _NOTE_CHARS or clean(text) != text or interval == 0:
        return None
    role, depth = _whole(meta.get("note_role")), _whole(meta.get("note_depth"))
    number = _whole(meta.get("note_position"))
    place = None if number is None else _PLACES.get(number)
    return {
        "text": text,
        "depth": depth if depth is not None and depth <= _MAX_DEPTH else _DEPTH,
        "role": _ROLES[role] if role is not None and role < len(_ROLES) else "system",
        **({} if place is None else {"position": place}),
    }


def _whole(value: object) -> int | None:
    """A number from 0 on, as JSON has them; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _write_note(note: Json, meta: JsonObject) -> JsonObject:
    if not isinstance(note, dict):
        return {"note_prompt": ""}
    role, place = note.get("role"), note.get("position")
    return {
        "note_prompt": note.get("text", ""),
        # An interval of 0 switches the note off there, and a note that is set here is on.
        "note_interval": _whole(meta.get("note_interval")) or 1,
        "note_depth": note.get("depth", _DEPTH),
        "note_position": _NUMBERS.get(place, _IN_CHAT) if isinstance(place, str) else _IN_CHAT,
        "note_role": _ROLES.index(role) if isinstance(role, str) and role in _ROLES else 0,
    }


def _variables_of(meta: JsonObject) -> JsonObject:
    given = meta.get("variables")
    if not isinstance(given, dict) or len(given) > _MAX_VARIABLES:
        return {}
    return {name: value for name, value in given.items() if _fits(name, value)}


def _fits(name: str, value: Json) -> bool:
    if not 0 < len(name) <= _VARIABLE_CHARS or clean(name) != name:
        return False
    return clean(value) == value if isinstance(value, str) else isinstance(value, bool | int | float)
