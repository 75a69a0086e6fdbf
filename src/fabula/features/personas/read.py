"""Reading personas."""

from collections.abc import Mapping

from fabula.core.actor import Actor, Scope
from fabula.core.ids import PersonaId, is_uuid
from fabula.core.paging import Page
from fabula.db import ReadTx
from fabula.features.personas import store
from fabula.features.personas.errors import PersonaHasNoAvatar, PersonaNotFound
from fabula.features.personas.types import Persona, PersonaPicture
from fabula.plugins import Json


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


def check_binding(tx: ReadTx, actor: Actor, settings: Mapping[str, Json]) -> None:
    """Raise `PersonaNotFound` unless the persona that `settings` bind, if any, is there in the actor's workspace."""
    wanted = settings.get("personaId")
    if wanted is None:
        return
    persona = PersonaId(str(wanted))
    if not is_uuid(persona) or store.find_persona(tx, actor.workspace, persona) is None:
        raise PersonaNotFound(persona)


def get_picture(tx: ReadTx, actor: Actor, persona: PersonaId) -> PersonaPicture:
    """Where the picture is; raises `PersonaNotFound` or `PersonaHasNoAvatar`."""
    get_persona(tx, actor, persona)
    found = store.find_picture(tx, actor.workspace, persona)
    if found is None:
        raise PersonaHasNoAvatar(persona)
    return found
