"""SQL that counts along a branch, for the few turns that ask."""

import sqlalchemy as sa

from fabula.core.ids import BranchId, MessageId, VariantId, WorkspaceId
from fabula.db import ReadTx
from fabula.features.conversations.tables import chat_messages as m
from fabula.features.conversations.types import Segment

_P = sa.bindparam
_ON_BRANCH = (m.c.workspace_id == _P("ws")) & (m.c.branch_id == _P("branch")) & m.c.deleted_at.is_(None)
_COUNT_ANSWERS = sa.select(sa.func.count()).where(
    _ON_BRANCH & (m.c.seq > _P("low")) & (m.c.seq < _P("high")) & (m.c.role == "assistant") & m.c.hidden.is_(False)
)
_FIRST = sa.select(m.c.id, m.c.selected_variant_id).where(_ON_BRANCH & (m.c.seq == 0))


def count_answers(tx: ReadTx, ws: WorkspaceId, segment: Segment, upto: int) -> int:
    high = min(upto, segment.upto + 1)
    params = {"ws": ws, "branch": segment.branch_id, "low": segment.after, "high": high}
    return int(tx.execute(_COUNT_ANSWERS, params).scalar_one())


def find_first(tx: ReadTx, ws: WorkspaceId, branch: BranchId) -> tuple[MessageId, VariantId] | None:
    """The message at place 0 of `main`, and its selection."""
    row = tx.execute(_FIRST, {"ws": ws, "branch": branch}).one_or_none()
    return None if row is None else (MessageId(row.id), VariantId(row.selected_variant_id))
