"""SQL of entity profiles."""

from typing import Any

import sqlalchemy as sa

from fabula.core.ids import ProfileId, WorkspaceId
from fabula.core.paging import Page, decode_cursor, encode_cursor
from fabula.db import ReadTx, WriteTx
from fabula.engine.blobs import BlobKey
from fabula.features.profiles.tables import entity_profiles as p
from fabula.features.profiles.types import KIND, NewProfile, Picture, Profile

_P = sa.bindparam
_OURS = p.c.workspace_id == _P("ws")
_PRESENT = _OURS & p.c.deleted_at.is_(None)
_PROFILE = sa.select(
    p.c.id, p.c.name, p.c.kind, p.c.spec_json, p.c.tags_json, p.c.version, p.c.created_at, p.c.updated_at
)
_THIS = p.c.id == _P("profile")
_FIND = _PROFILE.where(_PRESENT & _THIS)
_FIND_DELETED = _PROFILE.where(_OURS & _THIS & p.c.deleted_at.is_not(None))
_LIST = _PROFILE.where(_PRESENT).order_by(p.c.id.desc()).limit(_P("take"))
_LIST_AFTER = _LIST.where(p.c.id < _P("after"))
_FIND_PICTURE = sa.select(p.c.avatar_blob, p.c.avatar_type, p.c.thumbnail_blob).where(_PRESENT & _THIS)
_FIND_SAME = sa.select(p.c.id, p.c.name).where(_PRESENT & (p.c.content_hash == _P("hash"))).order_by(p.c.id).limit(1)
_INSERT = sa.insert(p)
_SET_DELETED = (
    sa.update(p)
    .where(_OURS & _THIS)
    .values(deleted_at=_P("deleted"), updated_at=_P("now"), version=p.c.version + 1)
)
_SET_THUMBNAIL = sa.update(p).where(_OURS & _THIS).values(thumbnail_blob=_P("blob"))


def _profile(row: Any) -> Profile:
    return Profile(
        ProfileId(row.id),
        row.name,
        row.kind,
        row.spec_json,
        row.tags_json,
        row.version,
        row.created_at,
        row.updated_at,
    )


def find_profile(tx: ReadTx, ws: WorkspaceId, profile: ProfileId) -> Profile | None:
    row = tx.execute(_FIND, {"ws": ws, "profile": profile}).one_or_none()
    return None if row is None else _profile(row)


def find_deleted(tx: ReadTx, ws: WorkspaceId, profile: ProfileId) -> Profile | None:
    row = tx.execute(_FIND_DELETED, {"ws": ws, "profile": profile}).one_or_none()
    return None if row is None else _profile(row)


def list_profiles(tx: ReadTx, ws: WorkspaceId, limit: int, cursor: str | None) -> Page[Profile]:
    """Profiles, the newest first."""
    params: dict[str, object] = {"ws": ws, "take": limit + 1}
    if cursor is not None:
        params["after"] = decode_cursor(cursor, (str,))[0]
    found = [_profile(row) for row in tx.execute(_LIST if cursor is None else _LIST_AFTER, params)]
    more = len(found) > limit
    return Page(tuple(found[:limit]), encode_cursor(found[limit - 1].id) if more else None)


def find_picture(tx: ReadTx, ws: WorkspaceId, profile: ProfileId) -> Picture | None:
    row = tx.execute(_FIND_PICTURE, {"ws": ws, "profile": profile}).one_or_none()
    if row is None or row.avatar_blob is None:
        return None
    thumbnail = None if row.thumbnail_blob is None else BlobKey(row.thumbnail_blob)
    return Picture(BlobKey(row.avatar_blob), row.avatar_type, thumbnail)


def find_same_content(tx: ReadTx, ws: WorkspaceId, content_hash: str) -> tuple[ProfileId, str] | None:
    """A present profile that came from the same content."""
    row = tx.execute(_FIND_SAME, {"ws": ws, "hash": content_hash}).one_or_none()
    return None if row is None else (ProfileId(row.id), row.name)


def insert_profile(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, new: NewProfile) -> None:
    row = {
        "id": profile,
        "workspace_id": ws,
        "name": new.name,
        "kind": KIND,
        "spec_json": new.spec,
        "raw_json": new.raw,
        "original_blob": new.original_blob,
        "original_format": new.original_format,
        "avatar_blob": new.avatar_blob,
        "avatar_type": new.avatar_type,
        "content_hash": new.content_hash,
        "tags_json": new.tags,
        "favourite": False,
        "settings_json": {},
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(_INSERT, row)


def set_deleted(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, *, deleted: bool) -> None:
    params = {"ws": ws, "profile": profile, "deleted": tx.now if deleted else None, "now": tx.now}
    tx.execute(_SET_DELETED, params)


def set_thumbnail(tx: WriteTx, ws: WorkspaceId, profile: ProfileId, blob: BlobKey) -> None:
    tx.execute(_SET_THUMBNAIL, {"ws": ws, "profile": profile, "blob": blob})
