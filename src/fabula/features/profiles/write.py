"""Making, deleting and restoring profiles."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ProfileId, uuid7
from fabula.db import WriteTx
from fabula.features import audit
from fabula.features.profiles import store
from fabula.features.profiles.errors import ProfileNotFound
from fabula.features.profiles.read import get_profile
from fabula.features.profiles.types import NewProfile, Profile


def create(tx: WriteTx, actor: Actor, new: NewProfile) -> Profile:
    """Store a profile; its blobs were put before, so a crash leaves at most an unused blob."""
    actor.require(Scope.PROFILE_WRITE)
    profile = ProfileId(uuid7())
    store.insert_profile(tx, actor.workspace, profile, new)
    audit.record(tx, actor, "profile.created", "entity_profile", profile, after={"name": new.name})
    return get_profile(tx, actor, profile)


def delete(tx: WriteTx, actor: Actor, profile: ProfileId) -> None:
    """Soft: `restore` brings it back. Its chats stay."""
    actor.require(Scope.PROFILE_WRITE)
    found = get_profile(tx, actor, profile)
    store.set_deleted(tx, actor.workspace, profile, deleted=True)
    audit.record(tx, actor, "profile.deleted", "entity_profile", profile, before={"name": found.name})


def restore(tx: WriteTx, actor: Actor, profile: ProfileId) -> Profile:
    """Undo `delete`; harmless on a profile that is there."""
    actor.require(Scope.PROFILE_WRITE)
    found = store.find_deleted(tx, actor.workspace, profile)
    if found is not None:
        store.set_deleted(tx, actor.workspace, profile, deleted=False)
        audit.record(tx, actor, "profile.restored", "entity_profile", profile, after={"name": found.name})
    elif store.find_profile(tx, actor.workspace, profile) is None:
        raise ProfileNotFound(profile)
    return get_profile(tx, actor, profile)
