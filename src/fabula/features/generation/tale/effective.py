"""What a tale's settings come to: the chat's before the profile's before the workspace's. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from fabula.core.ids import PersonaId, is_uuid
from fabula.features.generation.pipelines import PipelineId
from fabula.features.prompting import Position
from fabula.plugins import Json

NOTE_DEPTH = 4
_ROLES = frozenset({"system", "user", "assistant"})
_POSITIONS = {
    "before_char": Position.BEFORE_CHAR,
    "after_char": Position.AFTER_CHAR,
    "at_depth": Position.AT_DEPTH,
}


@dataclass(frozen=True, slots=True)
class AuthorNote:
    """A standing instruction; `depth` counts messages from the end, where `position` is `AT_DEPTH`."""

    text: str
    depth: int
    role: str
    position: Position


def effective_settings(*layers: Mapping[str, Json]) -> dict[str, Json]:
    """Lay settings over each other, the first layer strongest; null means not set.

    A setting is taken whole from the strongest layer that has it, but for `vars`: there each name is.
    """
    found: dict[str, Json] = {}
    variables: dict[str, Json] = {}
    for layer in reversed(layers):
        found |= {name: value for name, value in layer.items() if value is not None}
        given = layer.get("vars")
        variables |= given if isinstance(given, dict) else {}
    return {**found, "vars": variables}


def persona_of(settings: Mapping[str, Json]) -> PersonaId | None:
    """The persona that is asked for; what cannot be an id asks for none."""
    found = settings.get("personaId")
    return PersonaId(found) if isinstance(found, str) and is_uuid(found) else None


def pipeline_of(settings: Mapping[str, Json]) -> PipelineId | None:
    """The pipeline that is bound; what cannot be an id binds none."""
    found = settings.get("pipelineId")
    return PipelineId(found) if isinstance(found, str) and is_uuid(found) else None


def variables_of(settings: Mapping[str, Json]) -> dict[str, str]:
    """Variables a tale starts with; numbers and booleans count as their text."""
    given = settings.get("vars")
    found = given.items() if isinstance(given, dict) else ()
    return {name: _text(value) for name, value in found if isinstance(value, str | int | float)}


def note_of(settings: Mapping[str, Json]) -> AuthorNote | None:
    """The author's note, with its usual place where it names none; None when there is no text."""
    given = settings.get("authorNote")
    if not isinstance(given, dict) or not isinstance(given.get("text"), str) or not given["text"]:
        return None
    depth, role = given.get("depth"), given.get("role")
    return AuthorNote(
        str(given["text"]),
        int(depth) if isinstance(depth, int | float) and depth >= 0 else NOTE_DEPTH,
        role if isinstance(role, str) and role in _ROLES else "system",
        _POSITIONS.get(str(given.get("position")), Position.AT_DEPTH),
    )


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
