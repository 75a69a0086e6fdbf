"""SillyTavern's personas: names and descriptions from its settings, pictures from its folder of avatars."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fabula.core.actor import Actor
from fabula.core.ids import PersonaId
from fabula.db import ReadTx, WriteTx
from fabula.features import identity, lore, personas
from fabula.features.lore import LorebookId
from fabula.features.personas import NewPersona, Persona, PersonaPicture
from fabula.features.prompting import Scopes
from fabula.features.transfer.chatfile import KEPT, clean, clean_json, title_of
from fabula.features.transfer.types import Item, ItemKind, ItemStatus, JsonObject, Note
from fabula.plugins import Json

NAME_CHARS = 200
_PAGE = 500
# An avatar's file name and the persona's name: of several people each has a `user-default.png`.
Mark = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GivenPersona:
    """One persona of the settings; `raw` is all that is said of it."""

    avatar: str
    name: str
    description: str
    lorebook: str
    is_default: bool
    raw: JsonObject

    @property
    def mark(self) -> Mark:
        """What tells it from others, and makes it known when it comes again."""
        return self.avatar, self.name


@dataclass(frozen=True, slots=True)
class ReadyPersona:
    """A persona with its picture stored, and the lorebook it names; `notes` say why there is no picture."""

    given: GivenPersona
    picture: PersonaPicture | None
    book: LorebookId | None
    notes: tuple[Note, ...]


def read_personas(settings: JsonObject) -> Iterator[GivenPersona]:
    power = _object(settings.get("power_user"))
    described = _object(power.get("persona_descriptions"))
    for avatar, name in _object(power.get("personas")).items():
        about = _object(described.get(avatar))
        text, book = about.get("description"), about.get("lorebook")
        yield GivenPersona(
            clean(avatar),
            (title_of(name) if isinstance(name, str) else "")[:NAME_CHARS] or "User",
            clean(text) if isinstance(text, str) else "",
            book if isinstance(book, str) else "",
            power.get("default_persona") == avatar,
            about,
        )


def list_known(tx: ReadTx, actor: Actor) -> dict[Mark, Persona]:
    """The personas that were imported before, by how they were marked then: their name here may be another by now."""
    known: dict[Mark, Persona] = {}
    for persona in _all(tx, actor):
        kept = persona.settings.get(KEPT)
        if isinstance(kept, dict) and isinstance(avatar := kept.get("avatar"), str):
            known.setdefault((avatar, str(kept.get("name", persona.name))), persona)
    return known


def store_new(tx: WriteTx, actor: Actor, scopes: Scopes, ready: Sequence[ReadyPersona]) -> list[Item]:
    """Store those that are not here yet, each with its lorebook; as the default only where there is none."""
    identity.hold_workspace(tx, actor)  # before reading: of two imports at once, the second must see the first's
    known = {mark: (persona.id, persona.name) for mark, persona in list_known(tx, actor).items()}
    has_default = any(persona.is_default for persona in _all(tx, actor))
    items = []
    for one in ready:
        given = one.given
        if given.mark in known:
            items.append(_item(given, ItemStatus.DUPLICATE, *known[given.mark]))
            continue
        made = _create(tx, actor, one, given.is_default and not has_default)
        has_default = has_default or given.is_default
        known[given.mark] = made, given.name
        if one.book is not None:
            lore.binding.bind(tx, actor, scopes, one.book, "persona", made)
        items.append(_item(given, ItemStatus.CREATED, made, given.name, one.notes))
    return items


def _create(tx: WriteTx, actor: Actor, one: ReadyPersona, is_default: bool) -> PersonaId:
    given = one.given
    kept = clean_json({**given.raw, "avatar": given.avatar, "name": given.name})
    made = personas.create(tx, actor, NewPersona(given.name, given.description, is_default, {KEPT: kept}))
    if one.picture is not None:
        personas.set_avatar(tx, actor, made.id, one.picture)
    return made.id


def _item(given: GivenPersona, status: ItemStatus, persona: PersonaId, name: str, notes: tuple[Note, ...] = ()) -> Item:
    return Item(given.avatar, ItemKind.PERSONA, status, persona, name, notes)


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
