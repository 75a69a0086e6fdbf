"""SQL of the tags that profiles have."""

import sqlalchemy as sa

from fabula.core.ids import WorkspaceId
from fabula.core.paging import Page, decode_cursor, encode_cursor, foreign_cursor
from fabula.db import ReadTx
from fabula.features.profiles.rules import search_key
from fabula.features.profiles.tables import entity_profile_tags as t
from fabula.features.profiles.tables import entity_profiles as p
from fabula.features.profiles.types import TagCount

_P = sa.bindparam
_LIST = "tags"  # what its cursors say first
# As text, for not every PostgreSQL knows the greatest of ids.
_NEWEST = sa.func.max(sa.cast(p.c.id, sa.String(36)))
_TAGS = (
    sa.select(t.c.tag_key, sa.func.count().label("count"), _NEWEST.label("newest"))
    .join(p, p.c.id == t.c.profile_id)
    .where((t.c.workspace_id == _P("ws")) & (t.c.tag_key > _P("after")) & p.c.deleted_at.is_(None))
    .group_by(t.c.tag_key)
    .order_by(t.c.tag_key)
    .limit(_P("take"))
)
_WRITTEN = sa.select(p.c.id, p.c.tags_json).where(
    (p.c.workspace_id == _P("ws")) & p.c.id.in_(_P("ids", expanding=True))
)


def list_tags(tx: ReadTx, ws: WorkspaceId, limit: int, cursor: str | None) -> Page[TagCount]:
    """By name; each as the newest of its profiles writes it."""
    after = "" if cursor is None else _start(cursor)
    rows = tx.execute(_TAGS, {"ws": ws, "after": after, "take": limit + 1}).all()
    shown = rows[:limit]
    ids = list({row.newest for row in shown})
    written = {row.id: row.tags_json for row in tx.execute(_WRITTEN, {"ws": ws, "ids": ids})} if ids else {}
    items = (TagCount(_spelling(row.tag_key, written[row.newest]), row.count) for row in shown)
    return Page(tuple(items), encode_cursor(_LIST, shown[-1].tag_key) if len(rows) > limit else None)


def _start(cursor: str) -> str:
    ours, after = decode_cursor(cursor, (str, str))
    if ours != _LIST:
        raise foreign_cursor()
    return str(after)


def _spelling(key: str, tags: list[str]) -> str:
    return next((tag for tag in tags if search_key(tag) == key), key)
