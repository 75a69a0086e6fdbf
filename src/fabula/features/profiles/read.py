"""Reading profiles."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ProfileId
from fabula.core.paging import Page
from fabula.db import ReadTx
from fabula.features.profiles.errors import AvatarNotFound, ProfileNotFound
from fabula.features.profiles.store import lists, names, rows, tags
from fabula.features.profiles.types import Picture, Profile, ProfileName, StoredCard, TagCount, Wanted


def get_profile(tx: ReadTx, actor: Actor, profile: ProfileId) -> Profile:
    """One profile; raises `ProfileNotFound`."""
    actor.require(Scope.PROFILE_READ)
    found = rows.find_profile(tx, actor.workspace, profile)
    if found is None:
        raise ProfileNotFound(profile)
    return found


def get_any_profile(tx: ReadTx, actor: Actor, profile: ProfileId) -> Profile:
    """As `get_profile`, also when it is deleted: chats outlive the profile they are with."""
    actor.require(Scope.PROFILE_READ)
    found = rows.find_profile(tx, actor.workspace, profile) or rows.find_deleted(tx, actor.workspace, profile)
    if found is None:
        raise ProfileNotFound(profile)
    return found


def is_untouched(tx: ReadTx, actor: Actor) -> bool:
    """Tell whether this workspace never had a profile."""
    actor.require(Scope.PROFILE_READ)
    return not rows.has_any(tx, actor.workspace)


def list_profiles(
    tx: ReadTx, actor: Actor, limit: int, cursor: str | None, wanted: Wanted | None = None
) -> Page[Profile]:
    """A page of the profiles that are `wanted`, by default of all, the newest first."""
    actor.require(Scope.PROFILE_READ)
    return lists.list_profiles(tx, actor.workspace, wanted or Wanted(), limit, cursor)


def list_tags(tx: ReadTx, actor: Actor, limit: int, cursor: str | None) -> Page[TagCount]:
    """A page of the tags that profiles have, by name."""
    actor.require(Scope.PROFILE_READ)
    return tags.list_tags(tx, actor.workspace, limit, cursor)


def list_names(tx: ReadTx, actor: Actor, after: ProfileId | None, limit: int) -> list[ProfileName]:
    """Up to `limit` profiles made before `after`, the newest first: without their cards, so thousands are quickly read."""
    actor.require(Scope.PROFILE_READ)
    return names.list_names(tx, actor.workspace, after, limit)


def find_named(tx: ReadTx, actor: Actor, name: str) -> list[ProfileName]:
    """The profiles of exactly this name, at most two: enough to know whether it means one."""
    actor.require(Scope.PROFILE_READ)
    return names.find_named(tx, actor.workspace, name, 2)


def get_picture(tx: ReadTx, actor: Actor, profile: ProfileId) -> Picture:
    """Where the picture is; raises `AvatarNotFound`."""
    actor.require(Scope.PROFILE_READ)
    found = rows.find_picture(tx, actor.workspace, profile)
    if found is None:
        raise AvatarNotFound(profile)
    return found


def get_card(tx: ReadTx, actor: Actor, profile: ProfileId) -> StoredCard:
    """All that an export is made of; raises `ProfileNotFound`."""
    actor.require(Scope.PROFILE_READ)
    found = rows.find_card(tx, actor.workspace, profile)
    if found is None:
        raise ProfileNotFound(profile)
    return found
