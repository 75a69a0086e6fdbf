"""Reading profiles."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ProfileId
from fabula.core.paging import Page
from fabula.db import ReadTx
from fabula.features.profiles import store
from fabula.features.profiles.errors import AvatarNotFound, ProfileNotFound
from fabula.features.profiles.types import Picture, Profile


def get_profile(tx: ReadTx, actor: Actor, profile: ProfileId) -> Profile:
    """One profile; raises `ProfileNotFound`."""
    actor.require(Scope.PROFILE_READ)
    found = store.find_profile(tx, actor.workspace, profile)
    if found is None:
        raise ProfileNotFound(profile)
    return found


def get_any_profile(tx: ReadTx, actor: Actor, profile: ProfileId) -> Profile:
    """As `get_profile`, also when it is deleted: chats outlive the profile they are with."""
    actor.require(Scope.PROFILE_READ)
    found = store.find_profile(tx, actor.workspace, profile) or store.find_deleted(tx, actor.workspace, profile)
    if found is None:
        raise ProfileNotFound(profile)
    return found


def list_profiles(tx: ReadTx, actor: Actor, limit: int, cursor: str | None) -> Page[Profile]:
    actor.require(Scope.PROFILE_READ)
    return store.list_profiles(tx, actor.workspace, limit, cursor)


def get_picture(tx: ReadTx, actor: Actor, profile: ProfileId) -> Picture:
    """Where the picture is; raises `AvatarNotFound`."""
    actor.require(Scope.PROFILE_READ)
    found = store.find_picture(tx, actor.workspace, profile)
    if found is None:
        raise AvatarNotFound(profile)
    return found
