"""Personas: who the user is in a tale."""

from fabula.features.personas.read import get_persona, list_personas
from fabula.features.personas.store import CANDIDATES
from fabula.features.personas.types import Persona
from fabula.features.personas.write import NewPersona, PersonaChange, change, create, delete

__all__ = [
    "CANDIDATES",
    "NewPersona",
    "Persona",
    "PersonaChange",
    "change",
    "create",
    "delete",
    "get_persona",
    "list_personas",
]
