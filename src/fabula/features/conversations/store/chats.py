"""SQL of chats."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import compress, product
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fabula.core.ids import BranchId, ChatId, ProfileId, WorkspaceId
from fabula.core.paging import Page, decode_cursor, encode_cursor
from fabula.db import ReadTx, WriteTx
from fabula.db.hot import hot
from fabula.engine.store import MATCHING_IDS
from fabula.engine.text import Term
from fabula.features import identity, profiles
from fabula.features.conversations.tables import chats
from fabula.features.conversations.types import Chat, ChatKind, ChatStatus, Origin
from fabula.plugins import Json

_P = sa.bindparam
_CHAT = (
    chats.c.id,
    chats.c.kind,
    chats.c.entity_profile_id,
    chats.c.title,
    chats.c.active_branch_id,
    chats.c.status,
    chats.c.settings_json,
    chats.c.version,
    chats.c.created_at,
    chats.c.updated_at,
    chats.c.last_message_at,
    chats.c.last_message_preview,
)
_OURS = chats.c.workspace_id == _P("ws")
_VISIBLE = _OURS & chats.c.status.in_(("active", "archived"))

# With what it inherits, in the same statement: every turn needs that before it can choose a model.
FIND = sa.select(
    *_CHAT,
    profiles.settings_of(chats.c.entity_profile_id).label("profile_settings"),
    identity.SETTINGS.label("workspace_settings"),
).where((chats.c.id == _P("chat")) & _VISIBLE)
# Not FOR UPDATE: that would also wait for every transaction that only inserts rows of this chat.
_LOCK_CHAT = FIND.with_for_update(key_share=True)
_FIND_DELETED = sa.select(*_CHAT).where((chats.c.id == _P("chat")) & _OURS & (chats.c.status == "deleted"))
_FIND_META = sa.select(chats.c.meta_json).where((chats.c.id == _P("chat")) & _VISIBLE)
_LIST_CHATS = sa.select(*_CHAT).where(_VISIBLE).order_by(chats.c.updated_at.desc(), chats.c.id.desc()).limit(_P("take"))
_BEFORE = sa.tuple_(chats.c.updated_at, chats.c.id) < sa.tuple_(
    _P("at", type_=chats.c.updated_at.type), _P("after", type_=chats.c.id.type)
)
_OF_PROFILE = chats.c.entity_profile_id == _P("profile")
_MATCHING = chats.c.id.in_(MATCHING_IDS)
# By which of profile, terms and cursor are given.
_LISTS = {
    given: _LIST_CHATS.where(*compress((_OF_PROFILE, _MATCHING, _BEFORE), given))
    for given in product((False, True), repeat=3)
}
# As text: the keys are hexadecimal, so nothing in them is special to LIKE. A profile's chats are few enough to look at.
_FIND_IMPORTED = (
    sa.select(*_CHAT)
    .where(_VISIBLE & chats.c.origin_chat_id.is_(None))
    .where(sa.type_coerce(chats.c.meta_json, sa.Text).like(_P("key", type_=sa.Text)))
    .order_by(chats.c.id)
    .limit(1)
)
_FIND_IMPORTED_WITH = _FIND_IMPORTED.where(chats.c.entity_profile_id == _P("profile"))
_FIND_IMPORTED_ALONE = _FIND_IMPORTED.where(chats.c.entity_profile_id.is_(None))
_INSERT_CHAT = sa.insert(chats)
_CHANGED: dict[str, Any] = {"updated_at": _P("now"), "version": chats.c.version + 1}
_THIS = (chats.c.id == _P("chat")) & _OURS
_SET_STATUS = sa.update(chats).where(_THIS).values(status=_P("new_status"), deleted_at=_P("deleted"), **_CHANGED)
_CHANGE = (
    sa.update(chats)
    .where(_THIS)
    .values(title=_P("new_title"), status=_P("new_status"), settings_json=_P("settings"), **_CHANGED)
)
_ACTIVATE = sa.update(chats).where(_THIS).values(active_branch_id=_P("branch"), **_CHANGED)
_APPEAR = sa.update(chats).where(_THIS & (chats.c.status == "importing")).values(status="active", updated_at=_P("now"))
_BEAT = sa.update(chats).where(_THIS & (chats.c.status == "importing")).values(updated_at=_P("now"))
# Across workspaces: what a process that died was importing.
_UNFINISHED = sa.select(chats.c.id, chats.c.workspace_id).where(
    (chats.c.status == "importing") & (chats.c.updated_at <= _P("before"))
)
_REMOVE = sa.delete(chats).where(_THIS & (chats.c.status == "importing"))
# What every turn runs.
hot(FIND)


def _chat(row: Any) -> Chat:
    ids = (ChatId(row.id), ChatKind(row.kind), row.entity_profile_id, row.title, BranchId(row.active_branch_id))
    state = (ChatStatus(row.status), row.settings_json, row.version)
    return Chat(*ids, *state, row.created_at, row.updated_at, row.last_message_at, row.last_message_preview)


def read_heir(row: Any) -> Chat:
    """A chat with what it inherits, from a row of `FIND`."""
    return replace(_chat(row), inherited=(row.profile_settings or {}, row.workspace_settings))


@dataclass(frozen=True, slots=True)
class NewRow:
    """A chat to insert; the caller makes `branch`, its active one, in the same transaction."""

    id: ChatId
    branch: BranchId
    kind: ChatKind
    profile: ProfileId | None
    title: str
    status: ChatStatus = ChatStatus.ACTIVE
    settings: dict[str, Json] = field(default_factory=dict)
    meta: dict[str, Json] = field(default_factory=dict)
    origin: Origin | None = None


def insert_chat(tx: WriteTx, ws: WorkspaceId, new: NewRow) -> None:
    row: dict[str, object] = {
        "id": new.id,
        "workspace_id": ws,
        "kind": new.kind.value,
        "entity_profile_id": new.profile,
        "title": new.title,
        "active_branch_id": new.branch,
        "status": new.status.value,
        "settings_json": new.settings,
        "meta_json": new.meta,
        "version": 1,
        "origin_chat_id": new.origin and new.origin.chat_id,
        "origin_branch_id": new.origin and new.origin.branch_id,
        "origin_message_id": new.origin and new.origin.message_id,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(_INSERT_CHAT, row)


def find_chat(tx: ReadTx, ws: WorkspaceId, chat: ChatId) -> Chat | None:
    """With the settings it inherits."""
    row = tx.execute(FIND, {"ws": ws, "chat": chat}).one_or_none()
    return None if row is None else read_heir(row)


def lock_chat(tx: WriteTx, ws: WorkspaceId, chat: ChatId) -> Chat | None:
    """As `find_chat`, and nobody else changes the chat or its branches before this transaction ends."""
    row = tx.execute(_LOCK_CHAT, {"ws": ws, "chat": chat}).one_or_none()
    return None if row is None else read_heir(row)


def find_meta(tx: ReadTx, ws: WorkspaceId, chat: ChatId) -> dict[str, Json]:
    """What a chat came with beyond its fields."""
    found: dict[str, Json] = tx.execute(_FIND_META, {"ws": ws, "chat": chat}).scalar_one()
    return found


def find_imported(tx: ReadTx, ws: WorkspaceId, profile: ProfileId | None, key: str) -> Chat | None:
    """The oldest chat with `profile`, no copy of another one, whose meta holds `key` as a text."""
    params = {"ws": ws, "key": f'%"{key}"%'}
    if profile is None:
        row = tx.execute(_FIND_IMPORTED_ALONE, params).one_or_none()
    else:
        row = tx.execute(_FIND_IMPORTED_WITH, {**params, "profile": profile}).one_or_none()
    return None if row is None else _chat(row)


def find_deleted_chat(tx: ReadTx, ws: WorkspaceId, chat: ChatId) -> Chat | None:
    row = tx.execute(_FIND_DELETED, {"ws": ws, "chat": chat}).one_or_none()
    return None if row is None else _chat(row)


def list_chats(
    tx: ReadTx, ws: WorkspaceId, profile: ProfileId | None, terms: Sequence[Term], limit: int, cursor: str | None
) -> Page[Chat]:
    """Chats, the most recently changed first; of one profile, if given, and matching `terms` if there are any."""
    params: dict[str, object] = {"ws": ws, "take": limit + 1}
    if profile is not None:
        params["profile"] = profile
    if terms:
        params["terms"] = terms
    if cursor is not None:
        at, after = decode_cursor(cursor, (datetime, UUID))
        params |= {"at": at, "after": after}
    found = [_chat(row) for row in tx.execute(_LISTS[profile is not None, bool(terms), cursor is not None], params)]
    last = found[limit - 1] if len(found) > limit else None
    return Page(tuple(found[:limit]), encode_cursor(last.updated_at.isoformat(), last.id) if last else None)


def set_status(tx: WriteTx, ws: WorkspaceId, chat: ChatId, status: ChatStatus) -> None:
    deleted = tx.now if status is ChatStatus.DELETED else None
    params = {"ws": ws, "chat": chat, "new_status": status.value, "deleted": deleted, "now": tx.now}
    tx.execute(_SET_STATUS, params)


def change(tx: WriteTx, ws: WorkspaceId, chat: ChatId, title: str, status: ChatStatus, settings: object) -> None:
    params = {"new_title": title, "new_status": status.value, "settings": settings}
    tx.execute(_CHANGE, {"ws": ws, "chat": chat, **params, "now": tx.now})


def activate(tx: WriteTx, ws: WorkspaceId, chat: ChatId, branch: BranchId) -> None:
    tx.execute(_ACTIVATE, {"ws": ws, "chat": chat, "branch": branch, "now": tx.now})


def appear(tx: WriteTx, ws: WorkspaceId, chat: ChatId) -> None:
    """An import is complete: show it."""
    tx.execute(_APPEAR, {"ws": ws, "chat": chat, "now": tx.now})


def beat(tx: WriteTx, ws: WorkspaceId, chat: ChatId) -> None:
    """An import goes on."""
    tx.execute(_BEAT, {"ws": ws, "chat": chat, "now": tx.now})


def list_unfinished(tx: ReadTx, before: datetime) -> list[tuple[ChatId, WorkspaceId]]:
    """Imports that have not gone on since `before`."""
    return [(ChatId(row.id), WorkspaceId(row.workspace_id)) for row in tx.execute(_UNFINISHED, {"before": before})]


def remove(tx: WriteTx, ws: WorkspaceId, chat: ChatId) -> None:
    """Delete an unfinished import for good, its branches with it."""
    tx.execute(_REMOVE, {"ws": ws, "chat": chat})
