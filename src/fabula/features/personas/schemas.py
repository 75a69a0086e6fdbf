"""Personas over HTTP."""

from typing import Any

from pydantic import Field

from fabula.core.ids import PersonaId
from fabula.features.personas.types import Persona
from fabula.http.schemas import In, Instant, Out, Plain, Text


class PersonaOut(Out):
    id: PersonaId
    name: str
    description: str
    is_default: bool
    has_avatar: bool
    settings: dict[str, Any]
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, persona: Persona) -> "PersonaOut":
        return cls(
            id=persona.id,
            name=persona.name,
            description=persona.description,
            is_default=persona.is_default,
            has_avatar=persona.has_avatar,
            settings=dict(persona.settings),
            created_at=persona.created_at,
            updated_at=persona.updated_at,
        )


class PersonaIn(In):
    """`description` may hold macros; it enters the prompt expanded."""

    name: Text = Field(min_length=1, max_length=200)
    description: Text = Field("", max_length=100_000)
    is_default: bool = False
    settings: dict[Text, Plain] = Field(default_factory=dict)


class PersonaChangeIn(In):
    """What is left out stays."""

    name: Text | None = Field(None, min_length=1, max_length=200)
    description: Text | None = Field(None, max_length=100_000)
    is_default: bool | None = None
    settings: dict[Text, Plain] | None = None
