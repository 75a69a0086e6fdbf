"""SQL of prompt templates."""

from typing import Any

import sqlalchemy as sa

from fabula.core.ids import WorkspaceId
from fabula.core.paging import Page, decode_id, page_of
from fabula.db import ReadTx, WriteTx
from fabula.db.metadata import IdType
from fabula.features.prompting.tables import prompt_templates as t
from fabula.features.prompting.types import PromptTemplate, TemplateId

_P = sa.bindparam
_OURS = t.c.workspace_id == _P("ws")
_THIS = t.c.id == _P("template")
_TEMPLATE = sa.select(
    t.c.id,
    t.c.name,
    t.c.enabled,
    t.c.scope,
    t.c.scope_id,
    t.c.engine,
    t.c.template_text,
    t.c.variables_json,
    t.c.version,
    t.c.created_at,
    t.c.updated_at,
).where(_OURS)
_FIND = _TEMPLATE.where(_THIS)
_LIST = _TEMPLATE.order_by(t.c.id.desc()).limit(_P("take"))
_INSERT = sa.insert(t)
_UPDATE = (
    sa.update(t)
    .where(_OURS & _THIS & (t.c.version == _P("expected")))
    .values(
        name=_P("new_name"),
        enabled=_P("new_enabled"),
        scope=_P("new_scope"),
        scope_id=_P("new_scope_id"),
        template_text=_P("new_text"),
        variables_json=_P("new_variables"),
        version=_P("expected") + 1,
        updated_at=_P("now"),
    )
)
_DELETE = sa.delete(t).where(_OURS & _THIS)
_RANK = sa.case((t.c.scope == "chat", 0), (t.c.scope == "entity_profile", 1), else_=2)
_APPLIES = sa.or_(
    t.c.scope == "global",
    (t.c.scope == "entity_profile") & (t.c.scope_id == _P("profile", type_=IdType)),
    (t.c.scope == "chat") & (t.c.scope_id == _P("chat", type_=IdType)),
)
_chosen = (
    sa.select(t.c.id, t.c.scope, t.c.scope_id, t.c.name, t.c.template_text, t.c.version, t.c.variables_json)
    .where(_OURS & t.c.enabled & _APPLIES)
    .order_by(_RANK, t.c.updated_at.desc(), t.c.id.desc())
    .limit(1)
    .subquery("template")
)

# One arm of the query that finds everything a tale is told with (`generation.store.setting`): the template that
# applies, the narrowest scope first and of one scope the one changed last. No row: the built-in one.
CHOSEN: sa.Select[Any] = sa.select(
    sa.literal("template").label("kind"),
    _chosen.c.id,
    _chosen.c.scope,
    _chosen.c.scope_id,
    _chosen.c.name,
    _chosen.c.template_text.label("text"),
    _chosen.c.version,
    _chosen.c.variables_json.label("defaults"),
)


def _template(row: Any) -> PromptTemplate:
    return PromptTemplate(
        TemplateId(row.id),
        row.name,
        row.enabled,
        row.scope,
        row.scope_id,
        row.engine,
        row.template_text,
        row.variables_json,
        row.version,
        row.created_at,
        row.updated_at,
    )


def find_template(tx: ReadTx, ws: WorkspaceId, template: TemplateId) -> PromptTemplate | None:
    row = tx.execute(_FIND, {"ws": ws, "template": template}).one_or_none()
    return None if row is None else _template(row)


def list_templates(
    tx: ReadTx, ws: WorkspaceId, scope: str | None, scope_id: str | None, limit: int, cursor: str | None
) -> Page[PromptTemplate]:
    """Templates, the newest first; of one scope and one thing in it, if given."""
    query, params = _LIST, {"ws": ws, "take": limit + 1}
    if scope is not None:
        query, params["scope"] = query.where(t.c.scope == _P("scope")), scope
    if scope_id is not None:
        query, params["scope_id"] = query.where(t.c.scope_id == _P("scope_id")), scope_id
    if cursor is not None:
        query, params["after"] = query.where(t.c.id < _P("after")), decode_id(cursor)
    found = [_template(row) for row in tx.execute(query, params)]
    return page_of(found, limit)


def insert_template(tx: WriteTx, ws: WorkspaceId, template: PromptTemplate) -> None:
    row: dict[str, object] = {
        "id": template.id,
        "workspace_id": ws,
        "name": template.name,
        "enabled": template.enabled,
        "scope": template.scope,
        "scope_id": template.scope_id,
        "engine": template.engine,
        "template_text": template.text,
        "variables_json": template.variables,
        "version": template.version,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(_INSERT, row)


def update_template(tx: WriteTx, ws: WorkspaceId, template: PromptTemplate) -> bool:
    """Store the changed `template`, whose `version` is the one it was read with; False when that is stored no more."""
    params: dict[str, object] = {
        "ws": ws,
        "template": template.id,
        "expected": template.version,
        "new_name": template.name,
        "new_enabled": template.enabled,
        "new_scope": template.scope,
        "new_scope_id": template.scope_id,
        "new_text": template.text,
        "new_variables": template.variables,
        "now": tx.now,
    }
    return tx.execute(_UPDATE, params).rowcount == 1


def delete_template(tx: WriteTx, ws: WorkspaceId, template: TemplateId) -> None:
    tx.execute(_DELETE, {"ws": ws, "template": template})
