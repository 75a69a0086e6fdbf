"""SQL of chats."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import BranchId, ChatId, ProfileId, WorkspaceId
from fabula.core.paging import Page, decode_cursor, encode_cursor
from fabula.db import ReadTx, WriteTx
from fabula.features.conversations.tables import chats
from fabula.features.conversations.types import Chat, ChatKind, ChatStatus

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

_FIND_CHAT = sa.select(*_CHAT).where((chats.c.id == _P("chat")) & _VISIBLE)
_FIND_DELETED = sa.select(*_CHAT).where((chats.c.id == _P("chat")) & _OURS & (chats.c.status == "deleted"))
_LIST_CHATS = sa.select(*_CHAT).where(_VISIBLE).order_by(chats.c.updated_at.desc(), chats.c.id.desc()).limit(_P("take"))
_BEFORE = sa.tuple_(chats.c.updated_at, chats.c.id) < sa.tuple_(
    _P("at", type_=chats.c.updated_at.type), _P("after", type_=chats.c.id.type)
)
_OF_PROFILE = chats.c.entity_profile_id == _P("profile")
_LISTS = {
    (False, False): _LIST_CHATS,
    (False, True): _LIST_CHATS.where(_BEFORE),
    (True, False): _LIST_CHATS.where(_OF_PROFILE),
    (True, True): _LIST_CHATS.where(_OF_PROFILE & _BEFORE),
}
_INSERT_CHAT = sa.insert(chats)
_TOUCH_CHAT = (
    sa.update(chats)
    .where((chats.c.id == _P("chat")) & _OURS)
    .values(
        title=sa.case((chats.c.title == "", _P("new_title")), else_=chats.c.title),
        last_message_at=_P("at"),
        last_message_preview=_P("preview"),
        updated_at=_P("at"),
    )
)
_SET_STATUS = (
    sa.update(chats)
    .where((chats.c.id == _P("chat")) & _OURS)
    .values(status=_P("new_status"), deleted_at=_P("deleted"), updated_at=_P("now"), version=chats.c.version + 1)
)


def _chat(row: Any) -> Chat:
    return Chat(
        ChatId(row.id),
        ChatKind(row.kind),
        row.entity_profile_id,
        row.title,
        BranchId(row.active_branch_id),
        ChatStatus(row.status),
        row.settings_json,
        row.version,
        row.created_at,
        row.updated_at,
        row.last_message_at,
        row.last_message_preview,
    )


def insert_chat(
    tx: WriteTx, ws: WorkspaceId, chat: ChatId, branch: BranchId, kind: ChatKind, profile: ProfileId | None, title: str
) -> None:
    """A chat whose active branch will be `branch`; the caller makes that in the same transaction."""
    times = {"created_at": tx.now, "updated_at": tx.now}
    row: dict[str, object] = {
        "id": chat,
        "workspace_id": ws,
        "kind": kind.value,
        "entity_profile_id": profile,
        "title": title,
        "active_branch_id": branch,
        "status": ChatStatus.ACTIVE.value,
        "settings_json": {},
        "meta_json": {},
        "version": 1,
    }
    tx.execute(_INSERT_CHAT, {**row, **times})


def find_chat(tx: ReadTx, ws: WorkspaceId, chat: ChatId) -> Chat | None:
    row = tx.execute(_FIND_CHAT, {"ws": ws, "chat": chat}).one_or_none()
    return None if row is None else _chat(row)


def find_deleted_chat(tx: ReadTx, ws: WorkspaceId, chat: ChatId) -> Chat | None:
    row = tx.execute(_FIND_DELETED, {"ws": ws, "chat": chat}).one_or_none()
    return None if row is None else _chat(row)


def list_chats(tx: ReadTx, ws: WorkspaceId, profile: ProfileId | None, limit: int, cursor: str | None) -> Page[Chat]:
    """Chats, the most recently changed first; of one profile, if given."""
    params: dict[str, object] = {"ws": ws, "take": limit + 1}
    if profile is not None:
        params["profile"] = profile
    if cursor is not None:
        at, after = decode_cursor(cursor, (str, str))
        params |= {"at": datetime.fromisoformat(str(at)), "after": after}
    found = [_chat(row) for row in tx.execute(_LISTS[profile is not None, cursor is not None], params)]
    last = found[limit - 1] if len(found) > limit else None
    return Page(tuple(found[:limit]), encode_cursor(last.updated_at.isoformat(), last.id) if last else None)


def touch_chat(tx: WriteTx, ws: WorkspaceId, chat: ChatId, preview: str, title: str) -> None:
    """Note the newest message; name the chat by it if it has no title yet."""
    tx.execute(_TOUCH_CHAT, {"ws": ws, "chat": chat, "at": tx.now, "preview": preview, "new_title": title})


def set_status(tx: WriteTx, ws: WorkspaceId, chat: ChatId, status: ChatStatus) -> None:
    deleted = tx.now if status is ChatStatus.DELETED else None
    params = {"ws": ws, "chat": chat, "new_status": status.value, "deleted": deleted, "now": tx.now}
    tx.execute(_SET_STATUS, params)
