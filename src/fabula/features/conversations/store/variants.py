"""SQL of variants."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import GenerationId, MessageId, VariantId, WorkspaceId
from fabula.db import ReadTx, WriteTx
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


_P = sa.bindparam
_OURS = v.c.workspace_id == _P("ws")
_VARIANT = sa.select(
    v.c.id,
    v.c.message_id,
    v.c.kind,
    v.c.prompt_text,
    v.c.reasoning,
    v.c.blocks_json,
    v.c.state,
    v.c.generation_id,
    v.c.created_at,
).where(_OURS)
_LIST = _VARIANT.where(v.c.message_id == _P("message")).order_by(v.c.id)
_FIND = _VARIANT.where(v.c.id == _P("variant"))
_INSERT = sa.insert(v)
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


def _variant(row: Any, selected: VariantId) -> Variant:
    return Variant(
        VariantId(row.id),
        MessageId(row.message_id),
        VariantKind(row.kind),
        row.prompt_text,
        row.reasoning,
        row.blocks_json,
        row.id == selected,
        TextState(row.state),
        None if row.generation_id is None else GenerationId(row.generation_id),
        row.created_at,
    )


def insert_variants(tx: WriteTx, ws: WorkspaceId, rows: Sequence[NewVariant]) -> None:
    tx.execute(
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
                "created_at": tx.now,
                "updated_at": tx.now,
            }
            for row in rows
        ],
    )


def list_variants(tx: ReadTx, ws: WorkspaceId, message: MessageId, selected: VariantId) -> list[Variant]:
    """All variants of a message, oldest first; `selected` is the one shown as such."""
    return [_variant(row, selected) for row in tx.execute(_LIST, {"ws": ws, "message": message})]


def find_variant(tx: ReadTx, ws: WorkspaceId, variant: VariantId, selected: VariantId) -> Variant | None:
    row = tx.execute(_FIND, {"ws": ws, "variant": variant}).one_or_none()
    return None if row is None else _variant(row, selected)


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
    tx.execute(_SETTLE, params)


def flush_texts(tx: WriteTx, rows: Sequence[tuple[VariantId, str, str]]) -> None:
    """Streamed text and reasoning so far; settled and reaped variants are left alone."""
    tx.execute(_FLUSH, [{"variant": vid, "text": text, "thought": why, "now": tx.now} for vid, text, why in rows])


def interrupt(tx: WriteTx, variants: Sequence[VariantId]) -> None:
    """Mark streaming variants, and the messages that show them, as interrupted. Their text stays."""
    params = {"variants": list(variants), "now": tx.now}
    tx.execute(_INTERRUPT_VARIANTS, params)
    tx.execute(_INTERRUPT_MESSAGES, params)
