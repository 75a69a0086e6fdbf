"""SQL of variants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import GenerationId, MessageId, VariantId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.hot import hot
from fabula.features.conversations.rules import EFFECTS
from fabula.features.conversations.store import effects
from fabula.features.conversations.tables import chat_messages as m
from fabula.features.conversations.tables import message_variants as v
from fabula.features.conversations.types import TextState, Variant, VariantKind
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class NewVariant:
    id: VariantId
    message_id: MessageId
    kind: VariantKind
    prompt_text: str
    state: TextState
    reasoning: str = ""
    blocks: list[dict[str, Json]] | None = None
    meta: dict[str, Json] | None = None
    generation_id: GenerationId | None = None
    created_at: datetime | None = None  # now, unless it comes from elsewhere


_P = sa.bindparam
_OURS = v.c.workspace_id == _P("ws")
_VARIANT = sa.select(
    v.c.id,
    v.c.message_id,
    v.c.kind,
    v.c.prompt_text,
    v.c.reasoning,
    v.c.blocks_json,
    v.c.meta_json,
    v.c.state,
    v.c.generation_id,
    v.c.created_at,
).where(_OURS)
_LIST = _VARIANT.where(v.c.message_id == _P("message")).order_by(v.c.id)
_PAGE = _LIST.where(v.c.id > _P("after")).limit(_P("take"))
_LIST_OF_MESSAGES = _VARIANT.where(v.c.message_id.in_(_P("messages", expanding=True))).order_by(v.c.message_id, v.c.id)
_LIST_CHOSEN = _VARIANT.where(v.c.id.in_(_P("variants", expanding=True)))
_HAS_STREAMING = sa.select(v.c.id).where(
    (v.c.message_id == _P("message")) & (v.c.workspace_id == _P("ws")) & (v.c.state == "streaming")
)
_FIND = _VARIANT.where(v.c.id == _P("variant"))
_INSERT = sa.insert(v)
_DELETE = sa.delete(v).where((v.c.id == _P("variant")) & _OURS)
_SETTLE = (
    sa.update(v)
    .where((v.c.id == _P("variant")) & _OURS)
    .values(
        prompt_text=_P("text"),
        reasoning=_P("thought"),
        blocks_json=_P("blocks"),
        state=_P("new_state"),
        updated_at=_P("now"),
    )
)
# Across workspaces: one process flushes, and one reaper marks, for everybody.
_FLUSH = (
    sa.update(v)
    .where((v.c.id == _P("variant")) & (v.c.state == "streaming"))
    .values(prompt_text=_P("text"), reasoning=_P("thought"), updated_at=_P("now"))
)
_INTERRUPT_VARIANTS = (
    sa.update(v)
    .where(v.c.id.in_(_P("variants", expanding=True)) & (v.c.state == "streaming"))
    .values(state="interrupted", updated_at=_P("now"))
)
_INTERRUPT_MESSAGES = (
    sa.update(m)
    .where(m.c.selected_variant_id.in_(_P("variants", expanding=True)) & (m.c.state == "streaming"))
    .values(state="interrupted", updated_at=_P("now"))
)
# What every turn runs.
hot(_INSERT, _SETTLE, _FLUSH)


def _variant(row: Any, selected: VariantId) -> Variant:
    return Variant(
        VariantId(row.id),
        MessageId(row.message_id),
        VariantKind(row.kind),
        row.prompt_text,
        row.reasoning,
        row.blocks_json,
        row.meta_json,
        row.id == selected,
        TextState(row.state),
        None if row.generation_id is None else GenerationId(row.generation_id),
        row.created_at,
    )


def insert_variants(tx: WriteTx, ws: WorkspaceId, rows: Sequence[NewVariant]) -> None:
    tx.post(
        _INSERT,
        [
            {
                "id": row.id,
                "workspace_id": ws,
                "message_id": row.message_id,
                "kind": row.kind.value,
                "prompt_text": row.prompt_text,
                "reasoning": row.reasoning,
                "blocks_json": row.blocks,
                "meta_json": row.meta,
                "generation_id": row.generation_id,
                "state": row.state.value,
                "created_at": row.created_at or tx.now,
                "updated_at": tx.now,
            }
            for row in rows
        ],
    )
    effects.mark(tx, ws, [row.id for row in rows if row.meta and not EFFECTS.isdisjoint(row.meta)])


def insert_variant(tx: WriteTx, ws: WorkspaceId, new: NewVariant) -> Variant:
    """Insert one, and give it as a reader would see it."""
    insert_variants(tx, ws, [new])
    found = find_variant(tx, ws, new.id)
    assert found is not None
    return found


def page_variants(
    tx: ReadTx, ws: WorkspaceId, message: MessageId, selected: VariantId, limit: int, after: str
) -> list[Variant]:
    """Up to `limit` variants whose ids sort after `after`, oldest first."""
    rows = tx.execute(_PAGE, {"ws": ws, "message": message, "after": after, "take": limit})
    return [_variant(row, selected) for row in rows]


def list_variants(tx: ReadTx, ws: WorkspaceId, message: MessageId, selected: VariantId) -> list[Variant]:
    """All variants of a message, oldest first; `selected` is the one shown as such."""
    return [_variant(row, selected) for row in tx.execute(_LIST, {"ws": ws, "message": message})]


def list_of_messages(tx: ReadTx, ws: WorkspaceId, selected: Mapping[MessageId, VariantId]) -> list[Variant]:
    """All variants of some messages, each message's oldest first."""
    rows = tx.execute(_LIST_OF_MESSAGES, {"ws": ws, "messages": list(selected)})
    return [_variant(row, selected[row.message_id]) for row in rows]


def list_chosen(tx: ReadTx, ws: WorkspaceId, variants: Sequence[VariantId]) -> list[Variant]:
    """Exactly these variants, in any order, each as the selected one."""
    return [_variant(row, row.id) for row in tx.execute(_LIST_CHOSEN, {"ws": ws, "variants": list(variants)})]


def has_streaming(tx: ReadTx, ws: WorkspaceId, message: MessageId) -> bool:
    """Tell whether any variant of a message is being written, selected, pinned or neither."""
    return tx.execute(_HAS_STREAMING, {"ws": ws, "message": message}).first() is not None


def delete_variant(tx: WriteTx, ws: WorkspaceId, variant: VariantId) -> None:
    tx.execute(_DELETE, {"ws": ws, "variant": variant})


def find_variant(tx: ReadTx, ws: WorkspaceId, variant: VariantId) -> Variant | None:
    row = tx.execute(_FIND, {"ws": ws, "variant": variant}).one_or_none()
    return None if row is None else _variant(row, variant)


def settle_variant(
    tx: WriteTx,
    ws: WorkspaceId,
    variant: VariantId,
    text: str,
    reasoning: str,
    blocks: list[dict[str, Json]] | None,
    state: TextState,
) -> None:
    params = {
        "ws": ws,
        "variant": variant,
        "text": text,
        "thought": reasoning,
        "blocks": blocks,
        "new_state": state.value,
        "now": tx.now,
    }
    tx.post(_SETTLE, params)


def flush_texts(tx: WriteTx, rows: Sequence[tuple[VariantId, str, str]]) -> None:
    """Streamed text and reasoning so far; settled and reaped variants are left alone."""
    tx.execute(_FLUSH, [{"variant": vid, "text": text, "thought": why, "now": tx.now} for vid, text, why in rows])


def interrupt(tx: WriteTx, variants: Sequence[VariantId]) -> None:
    """Mark streaming variants, and the messages that show them, as interrupted. Their text stays."""
    params = {"variants": list(variants), "now": tx.now}
    tx.execute(_INTERRUPT_VARIANTS, params)
    tx.execute(_INTERRUPT_MESSAGES, params)
