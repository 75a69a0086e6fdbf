"""SQL that reads what search has found, and what there is to index."""

from collections.abc import Sequence

import sqlalchemy as sa

from fabula.core.ids import ProfileId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.features.profiles.tables import entity_profiles as p
from fabula.features.profiles.types import Content

_P = sa.bindparam
_CONTENTS = sa.select(p.c.id, p.c.name, p.c.spec_json, p.c.tags_json).where(
    (p.c.workspace_id == _P("ws")) & p.c.id.in_(_P("ids", expanding=True)) & p.c.deleted_at.is_(None)
)
# Across workspaces: the index is made anew for everybody.
_NEXT = (
    sa.select(p.c.id, p.c.workspace_id, p.c.name, p.c.spec_json, p.c.tags_json)
    .where((p.c.id > _P("after", type_=p.c.id.type)) & (p.c.id <= _P("upto", type_=p.c.id.type)))
    .order_by(p.c.id)
    .limit(_P("take"))
)


def list_contents(tx: ReadTx, ws: WorkspaceId, ids: Sequence[ProfileId]) -> dict[ProfileId, Content]:
    """What these profiles say, but for deleted ones."""
    rows = tx.execute(_CONTENTS, {"ws": ws, "ids": list(ids)})
    return {ProfileId(row.id): Content(row.name, row.spec_json, row.tags_json) for row in rows}


def list_next_contents(tx: WriteTx, after: str, upto: str, take: int) -> list[tuple[WorkspaceId, ProfileId, Content]]:
    """Up to `take` profiles of any workspace whose ids follow `after`, up to `upto`."""
    rows = tx.execute(_NEXT, {"after": after, "upto": upto, "take": take})
    return [
        (WorkspaceId(row.workspace_id), ProfileId(row.id), Content(row.name, row.spec_json, row.tags_json))
        for row in rows
    ]
