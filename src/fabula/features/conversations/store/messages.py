"""SQL that reads messages."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from msgspec.json import Decoder

from fabula.core.ids import BranchId, ChatId, GenerationId, MessageId, VariantId, WorkspaceId
from fabula.db import ReadTx
from fabula.db.dialect import JsonRows
from fabula.db.hot import hot
from fabula.features.conversations.tables import chat_branches as b
from fabula.features.conversations.tables import chat_messages as m
from fabula.features.conversations.tables import chats as c
from fabula.features.conversations.tables import message_variants as v
from fabula.features.conversations.types import (
    Author,
    HistoryLine,
    Message,
    MessageRole,
    Segment,
    TextState,
)
from fabula.plugins import Json

_P = sa.bindparam
_NOBODY = "00000000-0000-0000-0000-000000000000"
_SEQ = attrgetter("seq")
_OURS = m.c.workspace_id == _P("ws")
_all = v.alias("all_variants")
_COUNT = sa.select(sa.func.count()).where(_all.c.message_id == m.c.id).scalar_subquery().label("variant_count")
_MESSAGE = (
    sa.select(
        m.c.id,
        m.c.chat_id,
        m.c.branch_id,
        m.c.seq,
        m.c.role,
        m.c.author_json,
        m.c.prompt_text,
        v.c.reasoning,
        m.c.format,
        m.c.blocks_json,
        m.c.selected_variant_id,
        _COUNT,
        m.c.state,
        v.c.generation_id,
        m.c.hidden,
        m.c.version,
        m.c.created_at,
    )
    .join(v, v.c.id == m.c.selected_variant_id)
    .where(_OURS)
)
_PRESENT = m.c.deleted_at.is_(None)
_IN_SEGMENT = (m.c.branch_id == _P("branch")) & (m.c.seq > _P("low")) & (m.c.seq < _P("high")) & _PRESENT
_NEWEST = _MESSAGE.where(_IN_SEGMENT).order_by(m.c.seq.desc()).limit(_P("take"))
_OLDEST = _MESSAGE.where(_IN_SEGMENT).order_by(m.c.seq).limit(_P("take"))
# A message is there while its branch and its chat are.
_FIND = (
    _MESSAGE.join(b, b.c.id == m.c.branch_id)
    .join(c, c.c.id == m.c.chat_id)
    .where((m.c.id == _P("message")) & b.c.deleted_at.is_(None) & c.c.status.in_(("active", "archived")))
)
_FIND_PRESENT = _FIND.where(_PRESENT)
_FIND_META = sa.select(m.c.id, m.c.meta_json).where(_OURS & m.c.id.in_(_P("messages", expanding=True)))


def _lines(*more: sa.ColumnElement[str]) -> sa.Select[tuple[str]]:
    """The fields of `HistoryLine`, in their order."""
    lines = (
        sa.select(m.c.id, m.c.selected_variant_id, m.c.seq, m.c.role, m.c.prompt_text, *more)
        .where(_OURS & _IN_SEGMENT & m.c.hidden.is_(False) & ((m.c.prompt_text != "") | (m.c.id == _P("pinned"))))
        .order_by(m.c.seq.desc())
        .limit(_P("take"))
        .subquery("lines")
    )
    return sa.select(JsonRows(*lines.c))


_LINES = _lines()
# Authors are a third of what is read, and only lore and some pipelines ask for them.
_NAMED_LINES = _lines(sa.type_coerce(m.c.author_json, sa.Text).label("author"))
_decode_lines = Decoder(list[HistoryLine]).decode
# What every turn runs.
hot(_LINES, _NAMED_LINES)


def _message(row: Any) -> Message:
    return Message(
        MessageId(row.id),
        ChatId(row.chat_id),
        BranchId(row.branch_id),
        row.seq,
        MessageRole(row.role),
        Author(**row.author_json),
        row.prompt_text,
        row.reasoning,
        row.format,
        row.blocks_json,
        VariantId(row.selected_variant_id),
        row.variant_count,
        TextState(row.state),
        None if row.generation_id is None else GenerationId(row.generation_id),
        row.hidden,
        row.version,
        row.created_at,
    )


def list_segment(
    tx: ReadTx, ws: WorkspaceId, segment: Segment, *, low: int, high: int, take: int, newest: bool
) -> list[Message]:
    """Up to `take` messages of one segment with `low < seq < high`, oldest first; the newest of them, or the oldest."""
    params = {
        "ws": ws,
        "branch": segment.branch_id,
        "low": max(low, segment.after),
        "high": min(high, segment.upto + 1),
        "take": take,
    }
    rows = tx.execute(_NEWEST if newest else _OLDEST, params)
    found = [_message(row) for row in rows]
    return found[::-1] if newest else found


def list_lines(
    tx: ReadTx, ws: WorkspaceId, segment: Segment, high: int, take: int, *, named: bool
) -> list[HistoryLine]:
    """What a prompt reads: up to `take` shown messages below `high`, newest first; none is empty but the pinned one."""
    params = {
        "ws": ws,
        "branch": segment.branch_id,
        "low": segment.after,
        "high": min(high, segment.upto + 1),
        "take": take,
        "pinned": segment.pin.message_id if segment.pin else _NOBODY,
    }
    found = _decode_lines(tx.execute(_NAMED_LINES if named else _LINES, params).scalar_one())
    found.sort(key=_SEQ, reverse=True)
    return found


def find_message(tx: ReadTx, ws: WorkspaceId, message: MessageId) -> Message | None:
    """A message with its own selection; None also when its branch or chat is deleted."""
    row = tx.execute(_FIND_PRESENT, {"ws": ws, "message": message}).one_or_none()
    return None if row is None else _message(row)


def find_any_message(tx: ReadTx, ws: WorkspaceId, message: MessageId) -> Message | None:
    """As `find_message`, also when the message itself is deleted."""
    row = tx.execute(_FIND, {"ws": ws, "message": message}).one_or_none()
    return None if row is None else _message(row)


def find_meta(tx: ReadTx, ws: WorkspaceId, messages: Sequence[MessageId]) -> dict[MessageId, dict[str, Json] | None]:
    """What each message came with beyond its fields."""
    rows = tx.execute(_FIND_META, {"ws": ws, "messages": list(messages)})
    return {MessageId(row.id): row.meta_json for row in rows}
