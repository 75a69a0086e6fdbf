"""SQL of effects: what writing a variant did beside its text. Few variants have any, and those are found by an index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from fabula.core.ids import BranchId, ChatId, MessageId, VariantId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.hot import hot
from fabula.features.conversations.rules import EFFECTS, GREETING
from fabula.features.conversations.tables import chat_messages as m
from fabula.features.conversations.tables import message_variants as v
from fabula.plugins import Json

_P = sa.bindparam
_OURS = v.c.workspace_id == _P("ws")
_LIST = (
    sa.select(v.c.id, v.c.message_id, v.c.meta_json, m.c.branch_id, m.c.seq, m.c.selected_variant_id)
    .join(m, m.c.id == v.c.message_id)
    .where(_OURS & (v.c.effects_chat_id == _P("chat")) & m.c.deleted_at.is_(None))
    .order_by(m.c.seq)
)
_FIND_META = sa.select(v.c.meta_json).where(_OURS & (v.c.id == _P("variant")))
_SET_META = sa.update(v).where(_OURS & (v.c.id == _P("variant"))).values(meta_json=_P("meta"))
_CHAT = sa.select(m.c.chat_id).where(m.c.id == v.c.message_id).scalar_subquery()
_MARK = sa.update(v).where(_OURS & v.c.id.in_(_P("variants", expanding=True))).values(effects_chat_id=_CHAT)
# What every turn runs.
hot(_LIST)


@dataclass(frozen=True, slots=True)
class Effect:
    """The meta of one variant that has effects, and where its message stands."""

    branch_id: BranchId
    seq: int
    message_id: MessageId
    variant_id: VariantId
    selected_variant_id: VariantId
    meta: Mapping[str, Json]


def list_effects(tx: ReadTx, ws: WorkspaceId, chat: ChatId) -> list[Effect]:
    """All of a chat, on whichever branch, selected or not; oldest message first."""
    rows = tx.execute(_LIST, {"ws": ws, "chat": chat})
    return [
        Effect(
            BranchId(row.branch_id),
            row.seq,
            MessageId(row.message_id),
            VariantId(row.id),
            VariantId(row.selected_variant_id),
            row.meta_json,
        )
        for row in rows
    ]


def find_effects(tx: ReadTx, ws: WorkspaceId, variant: VariantId) -> dict[str, Json]:
    """What a variant's meta says of its effects, and which greeting it is."""
    found = tx.execute(_FIND_META, {"ws": ws, "variant": variant}).one_or_none()
    meta: dict[str, Json] = (found.meta_json if found else None) or {}
    return {name: value for name, value in meta.items() if name in EFFECTS or name == GREETING}


def lay_over_meta(tx: WriteTx, ws: WorkspaceId, variant: VariantId, effects: Mapping[str, Json]) -> None:
    """Add to a variant's meta; what it says already under other names stays."""
    found = tx.execute(_FIND_META, {"ws": ws, "variant": variant}).one_or_none()
    if found is not None:
        meta = {**(found.meta_json or {}), **effects}
        tx.execute(_SET_META, {"ws": ws, "variant": variant, "meta": meta})
        mark(tx, ws, [variant])


def mark(tx: WriteTx, ws: WorkspaceId, variants: Sequence[VariantId]) -> None:
    """Let the index find these; their messages are there."""
    if variants:
        tx.execute(_MARK, {"ws": ws, "variants": list(variants)})
