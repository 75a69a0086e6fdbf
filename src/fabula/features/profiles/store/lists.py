"""SQL of lists: one order at a time, page after page."""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fabula.core.ids import WorkspaceId
from fabula.core.paging import Page, decode_cursor, encode_cursor, foreign_cursor
from fabula.db import ReadTx
from fabula.features.profiles.rules import search_key
from fabula.features.profiles.store.rows import PROFILE, profile_of
from fabula.features.profiles.tables import entity_profile_tags as t
from fabula.features.profiles.tables import entity_profiles as p
from fabula.features.profiles.types import Profile, Sort, Wanted

_P = sa.bindparam
_q = p.alias("q")
_WITH_TAG = sa.select(t.c.profile_id).where((t.c.workspace_id == _P("ws")) & (t.c.tag_key == _P("tag")))
_FILTERS = {
    "like": _q.c.name_key.like(_P("like"), escape="\\"),
    # `IS TRUE` keeps it a filter on the walk along the order: as a join, PostgreSQL without statistics took seconds.
    "tag": _q.c.id.in_(_WITH_TAG).is_(sa.true()),
    "favourite": _q.c.favourite == _P("favourite"),
}


def _ordered(table: Any, sort: Sort) -> tuple[Any, ...]:
    return {
        Sort.NAME: (table.c.name_key, table.c.id),
        Sort.UPDATED: (table.c.updated_at.desc(), table.c.id.desc()),
        Sort.CREATED: (table.c.id.desc(),),
    }[sort]


def _after(sort: Sort) -> sa.ColumnElement[bool]:
    after = _P("after", type_=p.c.id.type)
    if sort is Sort.CREATED:
        return _q.c.id < after
    if sort is Sort.NAME:
        return sa.tuple_(_q.c.name_key, _q.c.id) > sa.tuple_(_P("key", type_=p.c.name_key.type), after)
    return sa.tuple_(_q.c.updated_at, _q.c.id) < sa.tuple_(_P("key", type_=p.c.updated_at.type), after)


@cache
def _page(sort: Sort, filters: tuple[str, ...], *, starts: bool) -> sa.Select[Any]:
    """The ids of a page come from an index alone; only then are the wide rows read. At most 48 statements."""
    ids = sa.select(_q.c.id).where((_q.c.workspace_id == _P("ws")) & _q.c.deleted_at.is_(None))
    ids = ids.where(*(_FILTERS[name] for name in filters))
    if not starts:
        ids = ids.where(_after(sort))
    ids = ids.order_by(*_ordered(_q, sort)).limit(_P("take"))
    # By id alone: told the workspace once more, SQLite walks all its rows by some other index.
    return PROFILE.add_columns(p.c.name_key).where(p.c.id.in_(ids)).order_by(*_ordered(p, sort))


def list_profiles(tx: ReadTx, ws: WorkspaceId, wanted: Wanted, limit: int, cursor: str | None) -> Page[Profile]:
    """Profiles in the order asked for; equal names and instants by age."""
    params: dict[str, object] = {"ws": ws, "take": limit + 1}
    filters = _filters(wanted)
    start = {} if cursor is None else _start(wanted.sort, cursor)
    rows = tx.execute(_page(wanted.sort, tuple(filters), starts=cursor is None), params | filters | start).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(tuple(map(profile_of, rows[:limit])), None if last is None else _cursor(wanted.sort, last))


def _filters(wanted: Wanted) -> dict[str, object]:
    text, tag = search_key(wanted.text), search_key(wanted.tag)
    found: dict[str, object] = {}
    if text:
        found["like"] = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    if tag:
        found["tag"] = tag
    if wanted.favourite is not None:
        found["favourite"] = wanted.favourite
    return found


def _cursor(sort: Sort, row: Any) -> str:
    keys = {Sort.NAME: row.name_key, Sort.UPDATED: row.updated_at.isoformat(), Sort.CREATED: ""}
    return encode_cursor(sort.value, keys[sort], row.id)


def _start(sort: Sort, cursor: str) -> dict[str, object]:
    ours, key, after = decode_cursor(cursor, (str, datetime if sort is Sort.UPDATED else str, UUID))
    if ours != sort.value:
        raise foreign_cursor()
    return {"after": after} if sort is Sort.CREATED else {"after": after, "key": key}
