"""SQL that adds and changes messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import BranchId, ChatId, MessageId, VariantId, WorkspaceId
from fabula.db import WriteTx
from fabula.db.hot import hot
from fabula.features.conversations.tables import chat_messages as m
from fabula.features.conversations.types import NewMessage, TextState
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class NewRow:
    """A message to insert, at its place, with its selected variant; the caller inserts that one too."""

    id: MessageId
    variant: VariantId
    seq: int
    new: NewMessage
    state: TextState = TextState.SETTLED
    hidden: bool = False
    meta: dict[str, Json] | None = None
    created_at: datetime | None = None  # now, unless it comes from elsewhere


_P = sa.bindparam
_THIS = (m.c.id == _P("message")) & (m.c.workspace_id == _P("ws"))
_CHANGED: dict[str, Any] = {"updated_at": _P("now"), "version": m.c.version + 1}
_CACHE: dict[str, Any] = {"prompt_text": _P("text"), "blocks_json": _P("blocks"), "state": _P("new_state")}
# A statement of its own: PostgreSQL, having waited for a row lock, checks joins against rows as they were before.
_LOCK = sa.select(m.c.id).where(_THIS).with_for_update(key_share=True)
_INSERT = sa.insert(m)
_SELECT_VARIANT = sa.update(m).where(_THIS).values(selected_variant_id=_P("variant"), **_CACHE, **_CHANGED)
_GROW = (
    sa.update(m)
    .where(_THIS)
    .values(selected_variant_id=_P("variant"), meta_json=_P("meta"), hidden=_P("is_hidden"), **_CACHE, **_CHANGED)
)
_TOUCH = sa.update(m).where(_THIS).values(**_CHANGED)
_HIDE = sa.update(m).where(_THIS).values(hidden=_P("is_hidden"), **_CHANGED)
_SET_DELETED = sa.update(m).where(_THIS).values(deleted_at=_P("deleted"), **_CHANGED)
_said = m.alias("said")
_SAID = sa.select(_said.c.prompt_text).where((_said.c.id == _P("said")) & (_said.c.workspace_id == _P("ws")))
_CACHE_VARIANT = (
    sa.update(m)
    .where(_THIS & (m.c.selected_variant_id == _P("variant")))
    .values(updated_at=_P("now"), **_CACHE)
    .returning(_SAID.scalar_subquery())
)
# Across workspaces: one process flushes for everybody.
_FLUSH = (
    sa.update(m)
    .where((m.c.id == _P("message")) & (m.c.selected_variant_id == _P("variant")) & (m.c.state == "streaming"))
    .values(prompt_text=_P("text"), updated_at=_P("now"))
)
_SOME = sa.select(m.c.id).where((m.c.chat_id == _P("chat")) & (m.c.workspace_id == _P("ws"))).limit(_P("take"))
_REMOVE = sa.delete(m).where(m.c.id.in_(_SOME) & (m.c.workspace_id == _P("ws")))
# What every turn runs.
hot(_INSERT, _CACHE_VARIANT, _FLUSH, _SAID)


def lock_message(tx: WriteTx, ws: WorkspaceId, message: MessageId) -> None:
    """Nobody else changes the message before this transaction ends. Read it after this, not before."""
    tx.execute(_LOCK, {"ws": ws, "message": message})


def insert_messages(tx: WriteTx, ws: WorkspaceId, chat: ChatId, branch: BranchId, rows: Sequence[NewRow]) -> None:
    """Messages with their place and selected variant; the caller inserts the variants in the same transaction."""
    tx.post(
        _INSERT,
        [
            {
                "id": row.id,
                "workspace_id": ws,
                "chat_id": chat,
                "branch_id": branch,
                "seq": row.seq,
                "role": row.new.role.value,
                "author_json": row.new.author.to_json(),
                "prompt_text": row.new.prompt_text,
                "format": "markdown",
                "blocks_json": row.new.blocks,
                "meta_json": row.meta,
                "selected_variant_id": row.variant,
                "state": row.state.value,
                "hidden": row.hidden,
                "version": 1,
                "created_at": row.created_at or tx.now,
                "updated_at": tx.now,
            }
            for row in rows
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
    params = {"variant": variant, "text": text, "blocks": blocks, "new_state": state.value, "now": tx.now}
    tx.execute(_SELECT_VARIANT, {"ws": ws, "message": message, **params})


def set_grown(
    tx: WriteTx,
    ws: WorkspaceId,
    message: MessageId,
    variant: VariantId,
    text: str,
    *,
    hidden: bool,
    meta: dict[str, Json] | None,
) -> None:
    """Make a settled `variant` the selected one, cache included, with what else an import knows of the message now."""
    shown = {"variant": variant, "text": text, "blocks": None, "new_state": TextState.SETTLED.value, "now": tx.now}
    tx.execute(_GROW, {"ws": ws, "message": message, "is_hidden": hidden, "meta": meta, **shown})


def cache_variant(
    tx: WriteTx,
    ws: WorkspaceId,
    message: MessageId,
    variant: VariantId,
    text: str,
    blocks: object,
    state: TextState,
    said: MessageId | None,
) -> tuple[bool, str | None]:
    """Copy the text of `variant` to its message, if it is the selected one; a pinned one stays out of the cache.

    Whether it was, and the text that the message `said` shows: in one statement, for every turn asks for both.
    """
    params = {"variant": variant, "text": text, "blocks": blocks, "new_state": state.value, "now": tx.now}
    found = tx.execute(_CACHE_VARIANT, {"ws": ws, "message": message, "said": said, **params}).one_or_none()
    if found is not None:
        return True, found[0]
    return False, None if said is None else tx.execute(_SAID, {"ws": ws, "said": said}).scalar_one_or_none()


def flush_texts(tx: WriteTx, rows: Sequence[tuple[MessageId, VariantId, str]]) -> None:
    """Streamed text so far into the messages' caches; settled and reaped messages are left alone."""
    params = [{"message": mid, "variant": vid, "text": text, "now": tx.now} for mid, vid, text in rows]
    tx.execute(_FLUSH, params)


def touch(tx: WriteTx, ws: WorkspaceId, message: MessageId) -> None:
    """What some branch shows of the message changed, though not its own row."""
    tx.execute(_TOUCH, {"ws": ws, "message": message, "now": tx.now})


def hide(tx: WriteTx, ws: WorkspaceId, message: MessageId, *, hidden: bool) -> None:
    tx.execute(_HIDE, {"ws": ws, "message": message, "is_hidden": hidden, "now": tx.now})


def set_deleted(tx: WriteTx, ws: WorkspaceId, message: MessageId, *, deleted: bool) -> None:
    params = {"deleted": tx.now if deleted else None, "now": tx.now}
    tx.execute(_SET_DELETED, {"ws": ws, "message": message, **params})


def remove_some(tx: WriteTx, ws: WorkspaceId, chat: ChatId, take: int) -> int:
    """Delete up to `take` messages of a chat for good, with their variants; how many there were."""
    return tx.execute(_REMOVE, {"ws": ws, "chat": chat, "take": take}).rowcount
