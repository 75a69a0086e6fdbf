"""Decisions about profiles that need no database: names, tags, what is searched for, what an edit means."""

import re
import unicodedata
from collections.abc import Iterable

from fabula.core.storable import storable
from fabula.features.profiles.types import Content, Draft, Profile
from fabula.plugins import Json

UNNAMED = "Unnamed"
NAME_CHARS = 500
MAX_SEARCHED_TAGS = 200  # a hostile card may carry a hundred thousand; all are kept, so many can be searched for
_ACCENTS = re.compile("[\u0300-\u036f]")
_NOT_IN_FILES = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_FILE_CHARS = 100
_DEVICES = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def storable_name(name: Json) -> str:
    """A card's name as lists show it: one line, never empty, and nothing that a database cannot hold."""
    return " ".join(storable(name if isinstance(name, str) else "").split())[:NAME_CHARS] or UNNAMED


def tags_of(spec: dict[str, Json]) -> list[str]:
    """The tags of a V3 data object that are text."""
    found = spec.get("tags")
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def search_key(text: str) -> str:
    """What names and tags are sorted and compared by: without case, accents, width and doubled spaces."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", storable(text)))
    return " ".join(unicodedata.normalize("NFC", plain).casefold().split())[:NAME_CHARS]


def tag_keys(tags: Iterable[str]) -> list[str]:
    """The keys a profile is found by, each once."""
    return [key for key in dict.fromkeys(map(search_key, tags)) if key][:MAX_SEARCHED_TAGS]


def content_of(draft: Draft, current: Profile | None) -> Content:
    """What a draft makes of a profile, or of a new one.

    `name` and `tags` of the draft win over the same fields in its spec, unless they are what the profile has:
    a page that sends back what it was given must not change how the card spells its name.
    """
    spec = draft.spec
    if draft.name is not None and (current is None or draft.name != current.name):
        spec = {**spec, "name": draft.name}
    if draft.tags is not None and (current is None or draft.tags != current.tags):
        spec = {**spec, "tags": list[Json](draft.tags)}
    return Content(storable_name(spec.get("name")), spec, tags_of(spec))


def file_name(name: str, extension: str) -> str:
    """A name for a download that every system can store and none takes for a path, a device or a hidden file."""
    stem = _NOT_IN_FILES.sub(" ", storable(name))
    stem = " ".join(stem.split())[:_FILE_CHARS].strip(". ") or "card"
    return f"{'_' if _DEVICES.fullmatch(stem) else ''}{stem}.{extension}"
