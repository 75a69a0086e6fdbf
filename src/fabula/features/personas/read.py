"""Reading personas."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import PersonaId
from fabula.core.paging import Page
from fabula.db import ReadTx
from fabula.features.personas import store
from fabula.features.personas.errors import PersonaHasNoAvatar, PersonaNotFound
from fabula.features.personas.types import Persona, PersonaPicture


def get_persona(tx: ReadTx, actor: Actor, persona: PersonaId) -> Persona:
    """One persona; raises `PersonaNotFound`."""
    actor.require(Scope.PROFILE_READ)
    found = store.find_persona(tx, actor.workspace, persona)
    if found is None:
        raise PersonaNotFound(persona)
    return found


def list_personas(tx: ReadTx, actor: Actor, limit: int, cursor: str | None) -> Page[Persona]:
    actor.require(Scope.PROFILE_READ)
    return store.list_personas(tx, actor.workspace, limit, cursor)


def get_picture(tx: ReadTx, actor: Actor, persona: PersonaId) -> PersonaPicture:
    """Where the picture is; raises `PersonaNotFound` or `PersonaHasNoAvatar`."""
    get_persona(tx, actor, persona)
    found = store.find_picture(tx, actor.workspace, persona)
    if found is None:
        raise PersonaHasNoAvatar(persona)
    return found
