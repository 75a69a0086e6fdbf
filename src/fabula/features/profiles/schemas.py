"""Entity profiles over HTTP."""

from typing import Annotated, Any

from pydantic import Field

from fabula.core.ids import ProfileId
from fabula.features.profiles.rules import MAX_SEARCHED_TAGS, NAME_CHARS
from fabula.features.profiles.types import ImportItem, Profile, TagCount
from fabula.http.schemas import In, Instant, Out, Plain, Text
from fabula.http.settings import SettingsIn

MAX_VERSION = 2**31 - 1


class ProfileOut(Out):
    id: ProfileId
    name: str
    kind: str
    spec: dict[str, Any]
    tags: list[str]
    favourite: bool
    has_avatar: bool
    settings: dict[str, Any]
    version: int
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, profile: Profile) -> "ProfileOut":
        return cls.model_construct(
            id=profile.id,
            name=profile.name,
            kind=profile.kind,
            spec=profile.spec,
            tags=profile.tags,
            favourite=profile.favourite,
            has_avatar=profile.has_avatar,
            settings=profile.settings,
            version=profile.version,
            created_at=profile.created_at,
            updated_at=profile.updated_at,
        )


class ProfileIn(In):
    """`spec` is the V3 data object, or as much of it as there is; `name` and `tags` beside it win over its own.

    `settings` hold for the profile's chats; left out, they stay.

    With `version`, an edit of anything but that version is refused.
    """

    name: Text | None = Field(None, min_length=1, max_length=NAME_CHARS)
    spec: dict[Text, Plain]
    tags: list[Annotated[Text, Field(min_length=1)]] | None = Field(None, max_length=MAX_SEARCHED_TAGS)
    settings: SettingsIn | None = None
    version: int | None = Field(None, ge=1, le=MAX_VERSION)


class TagOut(Out):
    """A tag as its newest profile writes it; `count` profiles have it, however they write it."""

    tag: str
    count: int

    @classmethod
    def of(cls, found: TagCount) -> "TagOut":
        return cls(tag=found.tag, count=found.count)


class FavouriteIn(In):
    favourite: bool


class WarningOut(Out):
    code: str
    path: str
    message: str


class ItemErrorOut(Out):
    code: str
    message: str


class ImportItemOut(Out):
    file: str
    status: str
    entity_profile_id: ProfileId | None
    name: str | None
    warnings: list[WarningOut]
    error: ItemErrorOut | None


class ImportOut(Out):
    """What became of each file, in the order given."""

    items: list[ImportItemOut]

    @classmethod
    def of(cls, items: list[ImportItem]) -> "ImportOut":
        return cls(items=[_item(item) for item in items])


def _item(item: ImportItem) -> ImportItemOut:
    return ImportItemOut(
        file=item.file,
        status=item.status.value,
        entity_profile_id=item.profile_id,
        name=item.name,
        warnings=[WarningOut(code=w.code, path=w.path, message=w.message) for w in item.notes],
        error=None if item.error is None else ItemErrorOut(code=item.error[0], message=item.error[1]),
    )
