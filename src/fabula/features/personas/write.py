"""Making, changing and deleting personas. A deleted one is gone for good; chats that chose it fall back."""

from dataclasses import dataclass, field, replace

from fabula.core.actor import Actor, Scope
from fabula.core.ids import PersonaId, uuid7
from fabula.db import WriteTx
from fabula.features import audit, identity
from fabula.features.personas import store
from fabula.features.personas.errors import NotAPicture
from fabula.features.personas.read import get_persona
from fabula.features.personas.types import Persona, PersonaPicture
from fabula.plugins import Json

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class NewPersona:
    name: str
    description: str = ""
    is_default: bool = False
    settings: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonaChange:
    """What to change; None leaves a field as it is."""

    name: str | None = None
    description: str | None = None
    is_default: bool | None = None
    settings: dict[str, Json] | None = None


def create(tx: WriteTx, actor: Actor, new: NewPersona) -> Persona:
    """Make a persona; as the default one it takes the place of the one before."""
    actor.require(Scope.PROFILE_WRITE)
    persona = PersonaId(uuid7())
    if new.is_default:
        identity.hold_workspace(tx, actor)
        store.unset_default(tx, actor.workspace)
    store.insert_persona(
        tx,
        actor.workspace,
        persona,
        name=new.name,
        description=new.description,
        is_default=new.is_default,
        settings=new.settings,
    )
    audit.record(tx, actor, "persona.created", "persona", persona, after={"name": new.name})
    return get_persona(tx, actor, persona)


def change(tx: WriteTx, actor: Actor, persona: PersonaId, wanted: PersonaChange) -> Persona:
    """Change the fields given; raises `PersonaNotFound`."""
    actor.require(Scope.PROFILE_WRITE)
    identity.hold_workspace(tx, actor)  # before reading: of two who make a default one, the second must see the first
    found = get_persona(tx, actor, persona)
    changed = replace(
        found,
        name=found.name if wanted.name is None else wanted.name,
        description=found.description if wanted.description is None else wanted.description,
        is_default=found.is_default if wanted.is_default is None else wanted.is_default,
        settings=found.settings if wanted.settings is None else wanted.settings,
    )
    if changed.is_default and not found.is_default:
        store.unset_default(tx, actor.workspace)
    store.update_persona(tx, actor.workspace, changed)
    audit.record(
        tx, actor, "persona.changed", "persona", persona, before={"name": found.name}, after={"name": changed.name}
    )
    return get_persona(tx, actor, persona)


def delete(tx: WriteTx, actor: Actor, persona: PersonaId) -> None:
    """Raises `PersonaNotFound`."""
    actor.require(Scope.PROFILE_WRITE)
    found = get_persona(tx, actor, persona)
    store.delete_persona(tx, actor.workspace, persona)
    audit.record(tx, actor, "persona.deleted", "persona", persona, before={"name": found.name})


def set_avatar(tx: WriteTx, actor: Actor, persona: PersonaId, picture: PersonaPicture) -> Persona:
    """Give a persona the picture whose bytes are in place already."""
    actor.require(Scope.PROFILE_WRITE)
    get_persona(tx, actor, persona)
    store.set_avatar(tx, actor.workspace, persona, picture)
    return get_persona(tx, actor, persona)


def media_type_of(picture: bytes) -> str:
    """By its first bytes, never decoded; raises `NotAPicture`."""
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        return "image/webp"
    for signature, media_type in _SIGNATURES:
        if picture.startswith(signature):
            return media_type
    raise NotAPicture
