"""SQL that reads what search has found, and what there is to index."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import BranchId, ChatId, MessageId, VariantId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.features.conversations.tables import chat_branches as b
from fabula.features.conversations.tables import chat_messages as m
from fabula.features.conversations.tables import chats as c
from fabula.features.conversations.tables import message_variants as v


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text with its place: a message's, or a chat's title on the branch that is active."""

    id: str
    chat_id: ChatId
    branch_id: BranchId
    text: str


_P = sa.bindparam
_IDS: sa.BindParameter[list[str]] = _P("ids", expanding=True)
_THERE = c.c.status.in_(("active", "archived"))
_MESSAGES = (
    sa.select(m.c.id, m.c.chat_id, m.c.branch_id, m.c.prompt_text)
    .join(b, b.c.id == m.c.branch_id)
    .join(c, c.c.id == m.c.chat_id)
    .where((m.c.workspace_id == _P("ws")) & m.c.id.in_(_IDS))
    .where(m.c.deleted_at.is_(None) & b.c.deleted_at.is_(None) & _THERE)
)
_CHATS = sa.select(c.c.id, c.c.active_branch_id, c.c.title).where(
    (c.c.workspace_id == _P("ws")) & c.c.id.in_(_IDS) & _THERE
)
# Across workspaces: the index is made anew for everybody, and a process that died is cleared up after for everybody.
_NEXT_MESSAGES = (
    sa.select(m.c.id, m.c.workspace_id, m.c.chat_id, m.c.prompt_text)
    .where(m.c.id > _P("after", type_=m.c.id.type))
    .order_by(m.c.id)
    .limit(_P("take"))
)
_NEXT_CHATS = (
    sa.select(c.c.id, c.c.workspace_id, c.c.title)
    .where(c.c.id > _P("after", type_=c.c.id.type))
    .order_by(c.c.id)
    .limit(_P("take"))
)
_ANY = sa.select(m.c.id, m.c.workspace_id, m.c.chat_id, m.c.prompt_text).where(m.c.id.in_(_IDS))
_SHOWING = (
    sa.select(m.c.id, m.c.workspace_id, m.c.chat_id, m.c.prompt_text)
    .join(v, (v.c.message_id == m.c.id) & (v.c.id == m.c.selected_variant_id))
    .where(v.c.id.in_(_P("variants", expanding=True)))
)


def list_messages(tx: ReadTx, ws: WorkspaceId, ids: Sequence[str]) -> list[FoundText]:
    """Of these messages, those that can be read."""
    rows = tx.execute(_MESSAGES, {"ws": ws, "ids": list(ids)})
    return [FoundText(row.id, ChatId(row.chat_id), BranchId(row.branch_id), row.prompt_text) for row in rows]


def list_chats(tx: ReadTx, ws: WorkspaceId, ids: Sequence[str]) -> list[FoundText]:
    """Of these chats, those that can be read; the text is the title."""
    rows = tx.execute(_CHATS, {"ws": ws, "ids": list(ids)})
    return [FoundText(row.id, ChatId(row.id), BranchId(row.active_branch_id), row.title) for row in rows]


def list_next_messages(tx: WriteTx, after: str, take: int) -> list[tuple[WorkspaceId, ChatId, MessageId, str]]:
    """Up to `take` messages of any workspace whose ids follow `after`, with the text they show."""
    return [_message(row) for row in tx.execute(_NEXT_MESSAGES, {"after": after, "take": take})]


def list_next_chats(tx: WriteTx, after: str, take: int) -> list[tuple[WorkspaceId, ChatId, str]]:
    """Up to `take` chats of any workspace whose ids follow `after`, with their titles."""
    rows = tx.execute(_NEXT_CHATS, {"after": after, "take": take})
    return [(WorkspaceId(row.workspace_id), ChatId(row.id), row.title) for row in rows]


def list_any(tx: WriteTx, ids: Sequence[MessageId]) -> list[tuple[WorkspaceId, ChatId, MessageId, str]]:
    """These messages, of any workspace, with the text they show."""
    return [_message(row) for row in tx.execute(_ANY, {"ids": list(ids)})] if ids else []


def list_showing(tx: WriteTx, variants: Sequence[VariantId]) -> list[tuple[WorkspaceId, ChatId, MessageId, str]]:
    """The messages of any workspace that show one of these variants."""
    return [_message(row) for row in tx.execute(_SHOWING, {"variants": list(variants)})]


def _message(row: Any) -> tuple[WorkspaceId, ChatId, MessageId, str]:
    return WorkspaceId(row.workspace_id), ChatId(row.chat_id), MessageId(row.id), row.prompt_text
