"""Entity profiles: whom or what a tale is with."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fabula.core.ids import ProfileId
from fabula.engine.blobs import BlobKey
from fabula.plugins import Json

KIND = "CharSpec"


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as lists and chats need it; `spec` is the V3 data object, `settings` hold for its chats."""

    id: ProfileId
    name: str
    kind: str
    spec: dict[str, Json]
    tags: list[str]
    favourite: bool
    has_avatar: bool
    version: int
    created_at: datetime
    updated_at: datetime
    settings: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProfileName:
    """Of a profile as much as is told to those who only choose one."""

    id: ProfileId
    name: str
    created_at: datetime


class Sort(StrEnum):
    """By name from A to Z; by the last change or by age the newest first."""

    NAME = "name"
    UPDATED = "updated"
    CREATED = "created"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which profiles a list shows. `text` is a part of the name, `tag` a whole tag; neither looks at case."""

    text: str = ""
    tag: str = ""
    favourite: bool | None = None
    sort: Sort = Sort.CREATED


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote: `spec` in normal form, and the fields that were given beside it; None leaves one alone."""

    name: str | None
    spec: dict[str, Json]
    tags: list[str] | None
    settings: dict[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What of a profile people edit."""

    name: str
    spec: dict[str, Json]
    tags: list[str]


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag, and how many profiles have it."""

    tag: str
    count: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a profile's picture is: the bytes it came with, and a small one once the job has made it."""

    avatar: BlobKey
    media_type: str
    thumbnail: BlobKey | None


@dataclass(frozen=True, slots=True)
class Origin:
    """What a profile was imported from; the blobs are in place already."""

    raw: Json
    blob: BlobKey
    format: str
    content_hash: str | None


@dataclass(frozen=True, slots=True)
class StoredCard:
    """All that makes a profile what it is: what is stored at its birth, and what an export is made of."""

    content: Content
    origin: Origin | None = None
    avatar: Picture | None = None


class ImportStatus(StrEnum):
    CREATED = "created"
    DUPLICATE = "duplicate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImportNote:
    code: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportItem:
    """What became of one file."""

    file: str
    status: ImportStatus
    profile_id: ProfileId | None
    name: str | None
    notes: tuple[ImportNote, ...]
    error: tuple[str, str] | None
