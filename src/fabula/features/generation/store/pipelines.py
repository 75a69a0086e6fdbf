"""SQL of pipelines."""

from typing import Any

import sqlalchemy as sa

from fabula.core.ids import WorkspaceId
from fabula.core.paging import Page, decode_id, page_of
from fabula.db import ReadTx, WriteTx
from fabula.db.metadata import IdType
from fabula.features.generation.pipelines import Pipeline, PipelineId
from fabula.features.generation.tables import pipelines as p

_P = sa.bindparam
_OURS = p.c.workspace_id == _P("ws")
_THIS = p.c.id == _P("pipeline")
_PIPELINE = sa.select(
    p.c.id, p.c.name, p.c.enabled, p.c.definition_json, p.c.version, p.c.created_at, p.c.updated_at
).where(_OURS)
_FIND = _PIPELINE.where(_THIS)
_LIST = _PIPELINE.order_by(p.c.id.desc()).limit(_P("take"))
_INSERT = sa.insert(p)
_UPDATE = (
    sa.update(p)
    .where(_OURS & _THIS & (p.c.version == _P("expected")))
    .values(
        name=_P("new_name"),
        enabled=_P("new_enabled"),
        definition_json=_P("new_definition"),
        version=_P("expected") + 1,
        updated_at=_P("now"),
    )
)
_DELETE = sa.delete(p).where(_OURS & _THIS)

# One arm of the query that finds everything a tale is told with (`store.setting`), for chats that bind a pipeline.
BOUND: sa.Select[Any] = sa.select(
    sa.literal("pipeline").label("kind"),
    p.c.id,
    sa.case((p.c.enabled, "enabled"), else_="disabled").label("scope"),
    sa.cast(sa.null(), IdType).label("scope_id"),
    p.c.name,
    sa.type_coerce(p.c.definition_json, sa.Text).label("text"),
    p.c.version,
    sa.cast(sa.null(), sa.Text).label("defaults"),
).where(_OURS & (p.c.id == _P("bound_pipeline", type_=IdType)))


def _pipeline(row: Any) -> Pipeline:
    return Pipeline(
        PipelineId(row.id),
        row.name,
        row.enabled,
        row.definition_json,
        row.version,
        row.created_at,
        row.updated_at,
    )


def find_pipeline(tx: ReadTx, ws: WorkspaceId, pipeline: PipelineId) -> Pipeline | None:
    row = tx.execute(_FIND, {"ws": ws, "pipeline": pipeline}).one_or_none()
    return None if row is None else _pipeline(row)


def list_pipelines(tx: ReadTx, ws: WorkspaceId, limit: int, cursor: str | None) -> Page[Pipeline]:
    """Pipelines, the newest first."""
    query, params = _LIST, {"ws": ws, "take": limit + 1}
    if cursor is not None:
        query, params["after"] = query.where(p.c.id < _P("after")), decode_id(cursor)
    found = [_pipeline(row) for row in tx.execute(query, params)]
    return page_of(found, limit)


def insert_pipeline(tx: WriteTx, ws: WorkspaceId, pipeline: Pipeline) -> None:
    row: dict[str, object] = {
        "id": pipeline.id,
        "workspace_id": ws,
        "name": pipeline.name,
        "enabled": pipeline.enabled,
        "definition_json": pipeline.definition,
        "version": pipeline.version,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(_INSERT, row)


def update_pipeline(tx: WriteTx, ws: WorkspaceId, pipeline: Pipeline) -> bool:
    """Store the changed `pipeline`, whose `version` is the one it was read with; False when that is stored no more."""
    params: dict[str, object] = {
        "ws": ws,
        "pipeline": pipeline.id,
        "expected": pipeline.version,
        "new_name": pipeline.name,
        "new_enabled": pipeline.enabled,
        "new_definition": pipeline.definition,
        "now": tx.now,
    }
    return tx.execute(_UPDATE, params).rowcount == 1


def delete_pipeline(tx: WriteTx, ws: WorkspaceId, pipeline: PipelineId) -> None:
    tx.execute(_DELETE, {"ws": ws, "pipeline": pipeline})
