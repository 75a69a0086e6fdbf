"""SQL of single profiles."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import ProfileId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.hot import hot
from fabula.engine.blobs import BlobKey
from fabula.features.profiles.rules import search_key, tag_keys
from fabula.features.profiles.tables import entity_profile_tags as t
from fabula.features.profiles.tables import entity_profiles as p
from fabula.features.profiles.types import KIND, Content, Origin, Picture, Profile, StoredCard
from fabula.plugins import Json

_P = sa.bindparam
_OURS = p.c.workspace_id == _P("ws")
_PRESENT = _OURS & p.c.deleted_at.is_(None)
_THIS = p.c.id == _P("profile")
PROFILE = sa.select(
    p.c.id,
    p.c.name,
    p.c.kind,
    p.c.spec_json,
    p.c.tags_json,
    p.c.favourite,
    p.c.avatar_blob.is_not(None).label("has_avatar"),
    p.c.version,
    p.c.created_at,
    p.c.updated_at,
    p.c.settings_json,
)
_FIND = PROFILE.where(_PRESENT & _THIS)
_LOCK = _FIND.with_for_update()
_FIND_DELETED = PROFILE.where(_OURS & _THIS & p.c.deleted_at.is_not(None))
_FIND_ANY = sa.select(p.c.id).where(_OURS).limit(1)
_FIND_PICTURE = sa.select(p.c.avatar_blob, p.c.avatar_type, p.c.thumbnail_blob).where(_PRESENT & _THIS)
_FIND_CARD = sa.select(
    p.c.name,
    p.c.spec_json,
    p.c.tags_json,
    p.c.raw_json,
    p.c.original_blob,
    p.c.original_format,
    p.c.content_hash,
    p.c.avatar_blob,
    p.c.avatar_type,
    p.c.thumbnail_blob,
).where(_PRESENT & _THIS)
_FIND_SAME = (
    sa.select(p.c.content_hash, p.c.id, p.c.name)
    .where(_PRESENT & p.c.content_hash.in_(_P("hashes", expanding=True)))
    .order_by(p.c.id.desc())
)
_INSERT = sa.insert(p)
_INSERT_TAG = sa.insert(t)
_DELETE_TAGS = sa.delete(t).where((t.c.workspace_id == _P("ws")) & (t.c.profile_id == _P("profile")))
_COPIED = (
    p.c.name,
    p.c.name_key,
    p.c.kind,
    p.c.spec_json,
    p.c.raw_json,
    p.c.original_blob,
    p.c.original_format,
    p.c.avatar_blob,
    p.c.avatar_type,
    p.c.thumbnail_blob,
    p.c.tags_json,
    p.c.settings_json,
)
_OWN: tuple[sa.Label[Any], ...] = (
    _P("copy", type_=p.c.id.type).label("id"),
    _P("owner", type_=p.c.workspace_id.type).label("workspace_id"),
    sa.false().label("favourite"),
    sa.literal_column("1").label("version"),
    _P("now", type_=p.c.created_at.type).label("created_at"),
    _P("now", type_=p.c.updated_at.type).label("updated_at"),
)
_COPY = sa.insert(p).from_select(
    [column.name for column in (*_OWN, *_COPIED)], sa.select(*_OWN, *_COPIED).where(_PRESENT & _THIS)
)
_CHANGE = sa.update(p).where(_PRESENT & _THIS)
_CHANGED = {"version": p.c.version + 1, "updated_at": _P("now")}
_SET_CONTENT = _CHANGE.values(
    name=_P("name_"), name_key=_P("key"), spec_json=_P("spec"), tags_json=_P("tags"), **_CHANGED
)
_SET_FAVOURITE = _CHANGE.values(favourite=_P("is_favourite"))
_SET_AVATAR = _CHANGE.values(avatar_blob=_P("blob"), avatar_type=_P("media_type"), thumbnail_blob=sa.null(), **_CHANGED)
_SET_THUMBNAIL = _CHANGE.where(p.c.avatar_blob == _P("avatar")).values(thumbnail_blob=_P("blob"))
_SET_DELETED = sa.update(p).where(_OURS & _THIS).values(deleted_at=_P("deleted"), **_CHANGED)
_SET_SETTINGS = _CHANGE.values(settings_json=_P("settings"))
# What every turn runs.
hot(_FIND)


def settings_of(profile: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    """A column for statements of slices above, which have the workspace as `ws`: what `profile`, deleted or not, binds."""
    return sa.select(p.c.settings_json).where(_OURS & (p.c.id == profile)).scalar_subquery()


def profile_of(row: Any) -> Profile:
    return Profile(
        ProfileId(row.id),
        row.name,
        row.kind,
        row.spec_json,
        row.tags_json,
        row.favourite,
        bool(row.has_avatar),
        row.version,
        row.created_at,
        row.updated_at,
        row.settings_json,
    )


def _find(tx: ReadTx, statement: sa.Select[Any], ws: WorkspaceId, profile: ProfileId) -> Profile | None:
    row = tx.execute(statement, {"ws": ws, "profile": profile}).one_or_none()
    return None if row is None else profile_of(row)


def has_any(tx: ReadTx, ws: WorkspaceId) -> bool:
    """Tell whether there is, or ever was, a profile: deleted ones count."""
    return tx.execute(_FIND_ANY, {"ws": ws}).one_or_none() is not None


def find_profile(tx: ReadTx, ws: WorkspaceId, profile: ProfileId) -> Profile | None:
    return _find(tx, _FIND, ws, profile)


def lock_profile(tx: WriteTx, ws: WorkspaceId, profile: ProfileId) -> Profile | None:
    """As `find_profile`; nobody else changes it until this transaction ends."""
    return _find(tx, _LOCK, ws, profile)


def find_deleted(tx: ReadTx, ws: WorkspaceId, profile: ProfileId) -> Profile | None:
    return _find(tx, _FIND_DELETED, ws, profile)


def find_picture(tx: ReadTx, ws: WorkspaceId, profile: ProfileId) -> Picture | None:
    row = tx.execute(_FIND_PICTURE, {"ws": ws, "profile": profile}).one_or_none()
    return None if row is None else _picture(row)


def find_card(tx: ReadTx, ws: WorkspaceId, profile: ProfileId) -> StoredCard | None:
    row = tx.execute(_FIND_CARD, {"ws": ws, "profile": profile}).one_or_none()
    if row is None:
        return None
    content = Content(row.name, row.spec_json, row.tags_json)
    if row.original_blob is None:
        return StoredCard(content, None, _picture(row))
    origin = Origin(row.raw_json, BlobKey(row.original_blob), row.original_format, row.content_hash)
    return StoredCard(content, origin, _picture(row))


def find_same_contents(tx: ReadTx, ws: WorkspaceId, hashes: Sequence[str]) -> dict[str, tuple[ProfileId, str]]:
    """By content hash, the oldest present profile that came from the same content."""
    rows = tx.execute(_FIND_SAME, {"ws": ws, "hashes": hashes})
    return {row.content_hash: (ProfileId(row.id), row.name) for row in rows}


def insert_profiles(tx: WriteTx, ws: WorkspaceId, cards: Mapping[ProfileId, StoredCard]) -> None:
    tx.execute(_INSERT, [_row(tx, ws, profile, card) for profile, card in cards.items()])
    _insert_tags(tx, ws, {profile: card.content.tags for profile, card in cards.items()})


def copy_profile(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, copy: ProfileId, tags: Sequence[str]) -> None:
    """Copy a present profile. The copy has no content hash: importing the file again means the first one."""
    tx.execute(_COPY, {"ws": ws, "profile": profile, "copy": copy, "owner": ws, "now": tx.now})
    _insert_tags(tx, ws, {copy: tags})


def set_content(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, content: Content) -> None:
    params = {"name_": content.name, "key": search_key(content.name), "spec": content.spec, "tags": content.tags}
    tx.execute(_SET_CONTENT, {"ws": ws, "profile": profile, "now": tx.now, **params})
    tx.execute(_DELETE_TAGS, {"ws": ws, "profile": profile})
    _insert_tags(tx, ws, {profile: content.tags})


def set_settings(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, settings: dict[str, Json]) -> None:
    """Replace what the profile binds; part of an edit or of its birth, so the version stays."""
    tx.execute(_SET_SETTINGS, {"ws": ws, "profile": profile, "settings": settings})


def set_favourite(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, *, favourite: bool) -> None:
    tx.execute(_SET_FAVOURITE, {"ws": ws, "profile": profile, "is_favourite": favourite})


def set_avatar(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, blob: BlobKey, media_type: str) -> None:
    """Change the picture; the small one of the old picture goes."""
    params = {"ws": ws, "profile": profile, "blob": blob, "media_type": media_type, "now": tx.now}
    tx.execute(_SET_AVATAR, params)


def set_thumbnail(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, avatar: BlobKey, thumbnail: BlobKey) -> None:
    """Give a profile the small picture of `avatar`; nothing happens if it has another picture by now."""
    tx.execute(_SET_THUMBNAIL, {"ws": ws, "profile": profile, "avatar": avatar, "blob": thumbnail})


def set_deleted(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, *, deleted: bool) -> None:
    params = {"ws": ws, "profile": profile, "deleted": tx.now if deleted else None, "now": tx.now}
    tx.execute(_SET_DELETED, params)


def _picture(row: Any) -> Picture | None:
    if row.avatar_blob is None:
        return None
    thumbnail = None if row.thumbnail_blob is None else BlobKey(row.thumbnail_blob)
    return Picture(BlobKey(row.avatar_blob), row.avatar_type, thumbnail)


def _row(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, card: StoredCard) -> dict[str, object]:
    content, origin, avatar = card.content, card.origin, card.avatar
    return {
        "id": profile,
        "workspace_id": ws,
        "name": content.name,
        "name_key": search_key(content.name),
        "kind": KIND,
        "spec_json": content.spec,
        "raw_json": origin and origin.raw,
        "original_blob": origin and origin.blob,
        "original_format": origin and origin.format,
        "content_hash": origin and origin.content_hash,
        "avatar_blob": avatar and avatar.avatar,
        "avatar_type": avatar and avatar.media_type,
        "thumbnail_blob": avatar and avatar.thumbnail,
        "tags_json": content.tags,
        "favourite": False,
        "settings_json": {},
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }


def _insert_tags(tx: WriteTx, ws: WorkspaceId, by_profile: Mapping[ProfileId, Sequence[str]]) -> None:
    rows = [
        {"workspace_id": ws, "tag_key": key, "profile_id": profile}
        for profile, tags in by_profile.items()
        for key in tag_keys(tags)
    ]
    if rows:
        tx.execute(_INSERT_TAG, rows)
