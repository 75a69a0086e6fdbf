"""SQL of messages."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import BranchId, ChatId, GenerationId, MessageId, VariantId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.features.conversations.tables import chat_messages as m
from fabula.features.conversations.tables import message_variants as v
from fabula.features.conversations.types import (
    Author,
    HistoryLine,
    Message,
    MessageRole,
    NewMessage,
    Segment,
    TextState,
)

_P = sa.bindparam
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
_FIND = _MESSAGE.where((m.c.id == _P("message")) & _PRESENT)
_LINES = (
    sa.select(m.c.id, m.c.selected_variant_id, m.c.seq, m.c.role, m.c.author_json, m.c.prompt_text)
    .where(_OURS & _IN_SEGMENT & m.c.hidden.is_(False) & (m.c.prompt_text != ""))
    .order_by(m.c.seq.desc())
    .limit(_P("take"))
)
_INSERT = sa.insert(m)
_SELECT_VARIANT = (
    sa.update(m)
    .where((m.c.id == _P("message")) & _OURS)
    .values(
        selected_variant_id=_P("variant"),
        prompt_text=_P("text"),
        blocks_json=_P("blocks"),
        state=_P("new_state"),
        updated_at=_P("now"),
        version=m.c.version + 1,
    )
)
_CACHE = (
    sa.update(m)
    .where((m.c.id == _P("message")) & _OURS & (m.c.selected_variant_id == _P("variant")))
    .values(prompt_text=_P("text"), blocks_json=_P("blocks"), state=_P("new_state"), updated_at=_P("now"))
)
# Across workspaces: one process flushes for everybody.
_FLUSH = (
    sa.update(m)
    .where((m.c.id == _P("message")) & (m.c.selected_variant_id == _P("variant")) & (m.c.state == "streaming"))
    .values(prompt_text=_P("text"), updated_at=_P("now"))
)


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


def list_lines(tx: ReadTx, ws: WorkspaceId, segment: Segment, high: int, take: int) -> list[HistoryLine]:
    """What a prompt reads: up to `take` shown, non-empty messages below `high`, newest first."""
    params = {
        "ws": ws,
        "branch": segment.branch_id,
        "low": segment.after,
        "high": min(high, segment.upto + 1),
        "take": take,
    }
    return [
        HistoryLine(
            MessageId(row.id),
            VariantId(row.selected_variant_id),
            row.seq,
            MessageRole(row.role),
            row.author_json["name"],
            row.prompt_text,
        )
        for row in tx.execute(_LINES, params)
    ]


def find_message(tx: ReadTx, ws: WorkspaceId, message: MessageId) -> Message | None:
    row = tx.execute(_FIND, {"ws": ws, "message": message}).one_or_none()
    return None if row is None else _message(row)


def insert_messages(
    tx: WriteTx,
    ws: WorkspaceId,
    chat: ChatId,
    branch: BranchId,
    rows: Sequence[tuple[MessageId, VariantId, int, NewMessage, TextState]],
) -> None:
    """Messages with their place and first variant; the caller inserts the variants in the same transaction."""
    tx.execute(
        _INSERT,
        [
            {
                "id": message,
                "workspace_id": ws,
                "chat_id": chat,
                "branch_id": branch,
                "seq": seq,
                "role": new.role.value,
                "author_json": new.author.to_json(),
                "prompt_text": new.prompt_text,
                "format": "markdown",
                "blocks_json": new.blocks,
                "meta_json": None,
                "selected_variant_id": variant,
                "state": state.value,
                "hidden": False,
                "version": 1,
                "created_at": tx.now,
                "updated_at": tx.now,
            }
            for message, variant, seq, new, state in rows
        ],
    )


def select_variant(
    tx: WriteTx,
    ws: WorkspaceId,
    message: MessageId,
    variant: VariantId,
    text: str,
    blocks: object,
    state: TextState,
) -> None:
    """Make `variant` the selected one, cache included."""
    params = {
        "ws": ws,
        "message": message,
        "variant": variant,
        "text": text,
        "blocks": blocks,
        "new_state": state.value,
        "now": tx.now,
    }
    tx.execute(_SELECT_VARIANT, params)


def cache_variant(
    tx: WriteTx,
    ws: WorkspaceId,
    message: MessageId,
    variant: VariantId,
    text: str,
    blocks: object,
    state: TextState,
) -> None:
    """Copy the text of `variant` to its message, if it is the selected one."""
    params = {
        "ws": ws,
        "message": message,
        "variant": variant,
        "text": text,
        "blocks": blocks,
        "new_state": state.value,
        "now": tx.now,
    }
    tx.execute(_CACHE, params)


def flush_texts(tx: WriteTx, rows: Sequence[tuple[MessageId, VariantId, str]]) -> None:
    """Streamed text so far into the messages' caches; settled and reaped messages are left alone."""
    params = [{"message": mid, "variant": vid, "text": text, "now": tx.now} for mid, vid, text in rows]
    tx.execute(_FLUSH, params)
