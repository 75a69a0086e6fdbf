"""SillyTavern's personas: names and descriptions from its settings, pictures from its folder of avatars."""

from collections.abc import Iterator
from dataclasses import dataclass

from fabula.core.actor import Actor
from fabula.core.ids import PersonaId
from fabula.db import ReadTx, WriteTx
from fabula.engine.blobs import BlobKey
from fabula.features import personas
from fabula.features.personas import NewPersona, Persona, PersonaPicture
from fabula.features.transfer.chatfile import KEPT, clean, clean_json, title_of
from fabula.features.transfer.types import JsonObject
from fabula.plugins import Json

NAME_CHARS = 200
_PAGE = 500


@dataclass(frozen=True, slots=True)
class GivenPersona:
    """One persona of the settings; its avatar's file name is what tells it from others. `raw` is all that is said of it."""

    avatar: str
    name: str
    description: str
    lorebook: str
    is_default: bool
    raw: JsonObject


def read_personas(settings: JsonObject) -> Iterator[GivenPersona]:
    power = _object(settings.get("power_user"))
    described = _object(power.get("persona_descriptions"))
    for avatar, name in _object(power.get("personas")).items():
        about = _object(clean_json(described.get(avatar)))
        text, book = about.get("description"), about.get("lorebook")
        yield GivenPersona(
            clean(avatar),
            (title_of(name) if isinstance(name, str) else "")[:NAME_CHARS] or "User",
            text if isinstance(text, str) else "",
            book if isinstance(book, str) else "",
            power.get("default_persona") == avatar,
            about,
        )


def list_known(tx: ReadTx, actor: Actor) -> dict[str, Persona]:
    """The personas that were imported before, by their avatar's file name."""
    known: dict[str, Persona] = {}
    for persona in _all(tx, actor):
        kept = persona.settings.get(KEPT)
        if isinstance(kept, dict) and isinstance(kept.get("avatar"), str):
            known[str(kept["avatar"])] = persona
    return known


def create(tx: WriteTx, actor: Actor, given: GivenPersona, picture: tuple[BlobKey, str] | None) -> PersonaId:
    """Store one; as the default only where there is none yet."""
    is_default = given.is_default and not any(persona.is_default for persona in _all(tx, actor))
    kept: JsonObject = {KEPT: {**given.raw, "avatar": given.avatar}}
    made = personas.create(tx, actor, NewPersona(given.name, given.description, is_default, kept))
    if picture is not None:
        personas.set_avatar(tx, actor, made.id, PersonaPicture(*picture))
    return made.id


def _all(tx: ReadTx, actor: Actor) -> Iterator[Persona]:
    cursor: str | None = None
    while True:
        page = personas.list_personas(tx, actor, _PAGE, cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
