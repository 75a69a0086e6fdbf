"""Personas: who the user is in a tale."""

from fabula.features.personas.read import get_persona, list_personas
from fabula.features.personas.store import CANDIDATES
from fabula.features.personas.types import Persona, PersonaPicture
from fabula.features.personas.write import (
    NewPersona,
    PersonaChange,
    change,
    create,
    delete,
    media_type_of,
    set_avatar,
)

__all__ = [
    "CANDIDATES",
    "NewPersona",
    "Persona",
    "PersonaChange",
    "PersonaPicture",
    "change",
    "create",
    "delete",
    "get_persona",
    "list_personas",
    "media_type_of",
    "set_avatar",
]
