"""Entity profiles: whom or what a tale is with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fabula.core.ids import ProfileId
from fabula.engine.blobs import BlobKey
from fabula.plugins import Json

KIND = "CharSpec"


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as lists and chats need it; `spec` is the V3 data object."""

    id: ProfileId
    name: str
    kind: str
    spec: dict[str, Json]
    tags: list[str]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a profile's picture is: the bytes it came with, and a small one once the job has made it."""

    avatar: BlobKey
    media_type: str
    thumbnail: BlobKey | None


@dataclass(frozen=True, slots=True)
class NewProfile:
    """What is stored of a profile at its birth; the blobs are in place already."""

    name: str
    spec: dict[str, Json]
    tags: list[str]
    raw: Json
    original_blob: BlobKey | None
    original_format: str | None
    avatar_blob: BlobKey | None
    avatar_type: str | None
    content_hash: str | None


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
