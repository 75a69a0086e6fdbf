"""Import chat files that were given one by one: to one profile, or each to the profile its character is named after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ProfileId
from fabula.db import Database, ReadTx
from fabula.features import profiles
from fabula.features.profiles import Profile
from fabula.features.transfer.chatfile import Outline
from fabula.features.transfer.chats import MAX_CHAT_BYTES, import_chats, look_through
from fabula.features.transfer.destination import Destination, failed
from fabula.features.transfer.errors import CharacterUnknown, FileTooLarge
from fabula.features.transfer.types import Cast, Item

_PAGE = 500


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file as it was handed in; `read(most)` gives at most so many of its bytes, from its beginning. Blocking."""

    name: str
    read: Callable[[int], bytes]

    def content(self) -> bytes:
        """All of it; raises `FileTooLarge`."""
        data = self.read(MAX_CHAT_BYTES + 1)
        if len(data) > MAX_CHAT_BYTES:
            raise FileTooLarge(self.name, MAX_CHAT_BYTES)
        return data


async def import_files(db: Database, actor: Actor, profile: ProfileId | None, files: Sequence[GivenFile]) -> list[Item]:
    """What became of each file, in the order given; raises `ProfileNotFound` when `profile` is none of ours."""
    actor.require(Scope.CHAT_WRITE)
    chosen = None if profile is None else await db.read(actor, profiles.get_profile, profile)
    items: dict[int, Item] = {}
    groups: dict[ProfileId, tuple[Profile, list[tuple[int, Outline]]]] = {}
    for at, file in enumerate(files):
        outline = await look_through(file.name, file.content)
        if isinstance(outline, Item):
            items[at] = outline
            continue
        found = chosen or await db.read(actor, _find_character, outline)
        if found is None:
            items[at] = failed(file.name, CharacterUnknown(outline.character), outline.notes)
        else:
            groups.setdefault(found.id, (found, []))[1].append((at, outline))
    for found, given in groups.values():
        by_outline = {id(outline): files[at] for at, outline in given}
        cast = Cast(found.id, ((found.name, found.id),))
        to = Destination(cast, lambda outline, known=by_outline: known[id(outline)].content())  # type: ignore[misc]  # a default binds the loop's value
        made = await import_chats(db, actor, to, [outline for _, outline in given])
        items |= {at: item for (at, _), item in zip(given, made, strict=True)}
    return [items[at] for at in range(len(files))]


def _find_character(tx: ReadTx, actor: Actor, outline: Outline) -> Profile | None:
    """The newest profile with the name that the file's header says, or else its lines."""
    for name in dict.fromkeys([outline.view.character, *outline.names[:1]]):
        if name and (found := _find_named(tx, actor, name)) is not None:
            return found
    return None


def _find_named(tx: ReadTx, actor: Actor, name: str) -> Profile | None:
    cursor: str | None = None
    wanted = profiles.Wanted(text=name)
    while True:
        page = profiles.list_profiles(tx, actor, _PAGE, cursor, wanted)
        same = next((profile for profile in page.items if profile.name.casefold() == name.casefold()), None)
        cursor = page.next_cursor
        if same is not None or cursor is None:
            return same
