"""Making, editing, copying, deleting and restoring profiles."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ProfileId, uuid7
from fabula.db import WriteTx
from fabula.features import audit, connections
from fabula.features.profiles.errors import ProfileNotFound, VersionConflict
from fabula.features.profiles.read import get_profile
from fabula.features.profiles.rules import content_of
from fabula.features.profiles.search import index_profiles
from fabula.features.profiles.store import rows
from fabula.features.profiles.thumbnails import Enqueue, ask_for_thumbnails
from fabula.features.profiles.types import Content, Draft, Picture, Profile, StoredCard
from fabula.plugins import Json


def create(tx: WriteTx, actor: Actor, draft: Draft) -> Profile:
    """Make a profile by hand; raises what `connections.check_bindings` raises for what its settings bind."""
    actor.require(Scope.PROFILE_WRITE)
    profile, content = ProfileId(uuid7()), content_of(draft, None)
    rows.insert_profiles(tx, actor.workspace, {profile: StoredCard(content)})
    _bind(tx, actor, profile, {}, draft.settings)
    index_profiles(tx, actor.workspace, {profile: content})
    audit.record(tx, actor, "profile.created", "entity_profile", profile, after={"name": content.name})
    return get_profile(tx, actor, profile)


def edit(tx: WriteTx, actor: Actor, profile: ProfileId, draft: Draft, version: int | None) -> Profile:
    """Replace what the profile says; what it was imported from stays beside it.

    Raises `ProfileNotFound`, `VersionConflict` when `version` is given and not the current one, and what
    `connections.check_bindings` raises for what its settings bind.
    """
    found = get_for_change(tx, actor, profile, version)
    content = content_of(draft, found)
    rows.set_content(tx, actor.workspace, profile, content)
    _bind(tx, actor, profile, found.settings, draft.settings)
    index_profiles(tx, actor.workspace, {profile: content})
    audit.record(
        tx,
        actor,
        "profile.edited",
        "entity_profile",
        profile,
        before={"name": found.name, "version": found.version, **_changed(found.settings, draft.settings)},
        after={"name": content.name, **_changed(draft.settings, found.settings)},
    )
    return get_profile(tx, actor, profile)


def set_favourite(tx: WriteTx, actor: Actor, profile: ProfileId, *, favourite: bool) -> Profile:
    """Mark or unmark; a mark is no edit, so version and time of the last change stay."""
    get_for_change(tx, actor, profile, None)
    rows.set_favourite(tx, actor.workspace, profile, favourite=favourite)
    return get_profile(tx, actor, profile)


def duplicate(tx: WriteTx, actor: Actor, profile: ProfileId, enqueue: Enqueue) -> Profile:
    """Make another profile with all that this one has, its origin included, but its mark and its chats."""
    found = get_for_change(tx, actor, profile, None)
    copy = ProfileId(uuid7())
    rows.copy_profile(tx, actor.workspace, profile, copy, found.tags)
    index_profiles(tx, actor.workspace, {copy: Content(found.name, found.spec, found.tags)})
    picture = rows.find_picture(tx, actor.workspace, copy)
    if picture is not None and picture.thumbnail is None:
        ask_for_thumbnails(tx, actor, enqueue, [copy])
    audit.record(tx, actor, "profile.created", "entity_profile", copy, after={"name": found.name, "of": profile})
    return get_profile(tx, actor, copy)


def change_avatar(
    tx: WriteTx, actor: Actor, profile: ProfileId, avatar: Picture, version: int | None, enqueue: Enqueue
) -> Profile:
    """Give the profile another picture, whose bytes are in place already; the same one again changes nothing."""
    get_for_change(tx, actor, profile, version)
    before = rows.find_picture(tx, actor.workspace, profile)
    if before is None or before.avatar != avatar.avatar:
        rows.set_avatar(tx, actor.workspace, profile, avatar.avatar, avatar.media_type)
        ask_for_thumbnails(tx, actor, enqueue, [profile])
        audit.record(tx, actor, "profile.avatar_changed", "entity_profile", profile)
    return get_profile(tx, actor, profile)


def delete(tx: WriteTx, actor: Actor, profile: ProfileId, version: int | None) -> None:
    """Soft: `restore` brings it back. Its chats stay. Raises as `edit` does."""
    found = get_for_change(tx, actor, profile, version)
    rows.set_deleted(tx, actor.workspace, profile, deleted=True)
    audit.record(tx, actor, "profile.deleted", "entity_profile", profile, before={"name": found.name})


def restore(tx: WriteTx, actor: Actor, profile: ProfileId) -> Profile:
    """Undo `delete`; harmless on a profile that is there."""
    actor.require(Scope.PROFILE_WRITE)
    found = rows.find_deleted(tx, actor.workspace, profile)
    if found is not None:
        rows.set_deleted(tx, actor.workspace, profile, deleted=False)
        audit.record(tx, actor, "profile.restored", "entity_profile", profile, after={"name": found.name})
    return get_profile(tx, actor, profile)


def get_for_change(tx: WriteTx, actor: Actor, profile: ProfileId, version: int | None) -> Profile:
    """The profile, held until the transaction ends; raises `ProfileNotFound`, `VersionConflict`."""
    actor.require(Scope.PROFILE_WRITE)
    found = rows.lock_profile(tx, actor.workspace, profile)
    if found is None:
        raise ProfileNotFound(profile)
    if version is not None and version != found.version:
        raise VersionConflict(found)
    return found


def _bind(
    tx: WriteTx, actor: Actor, profile: ProfileId, before: dict[str, Json], settings: dict[str, Json] | None
) -> None:
    if settings is not None and settings != before:
        connections.check_bindings(tx, actor, settings)
        rows.set_settings(tx, actor.workspace, profile, settings)


def _changed(own: dict[str, Json] | None, other: dict[str, Json] | None) -> dict[str, Json]:
    """One side of a change of settings, for the audit log; nothing where they were not given or stay."""
    return {"settings": own} if own is not None and other is not None and own != other else {}
