"""SQL of bindings: where books take part."""

from typing import Any

import sqlalchemy as sa

from fabula.core.ids import WorkspaceId, uuid7
from fabula.db import ReadTx, WriteTx
from fabula.db.columns import JsonText
from fabula.db.metadata import IdType
from fabula.features.lore.tables import lore_bindings as b
from fabula.features.lore.tables import lorebooks as k
from fabula.features.lore.types import Binding, BindingId, LorebookId

_P = sa.bindparam
_OURS = k.c.workspace_id == _P("ws")
_BINDING_OURS = (b.c.workspace_id == _P("ws")) & (b.c.lorebook_id == _P("book"))
_BINDING = sa.select(b.c.id, b.c.lorebook_id, b.c.scope, b.c.scope_id, b.c.created_at)
_LIST_BINDINGS = _BINDING.where(_BINDING_OURS).order_by(b.c.id)
_BOOKS_OF = (
    sa.select(b.c.lorebook_id)
    .where((b.c.workspace_id == _P("ws")) & (b.c.scope == _P("scope")) & (b.c.scope_id == _P("scope_id", type_=IdType)))
    .order_by(b.c.id)
)
_INSERT_BINDING = sa.insert(b)
_DELETE_BINDING = sa.delete(b).where(_BINDING_OURS & (b.c.id == _P("binding")))

# One arm of the query that finds everything a tale is told with (`generation.store.setting`): the books bound to it.
# Those of every persona are there; which persona counts is decided where it is known.
BOUND: sa.Select[Any] = (
    sa.select(
        sa.literal("book").label("kind"),
        k.c.id,
        b.c.scope,
        b.c.scope_id,
        k.c.name,
        sa.literal("").label("text"),
        k.c.version,
        sa.cast(sa.null(), JsonText).label("defaults"),
    )
    .join(k, (k.c.id == b.c.lorebook_id) & _OURS)
    .where(
        (b.c.workspace_id == _P("ws"))
        & sa.or_(
            b.c.scope.in_(("global", "persona")),
            (b.c.scope == "entity_profile") & (b.c.scope_id == _P("profile", type_=IdType)),
            (b.c.scope == "chat") & (b.c.scope_id == _P("chat", type_=IdType)),
        )
    )
)


def _binding(row: Any) -> Binding:
    return Binding(BindingId(row.id), LorebookId(row.lorebook_id), row.scope, row.scope_id, row.created_at)


def list_bindings(tx: ReadTx, ws: WorkspaceId, book: LorebookId) -> list[Binding]:
    return [_binding(row) for row in tx.execute(_LIST_BINDINGS, {"ws": ws, "book": book})]


def list_books_of(tx: ReadTx, ws: WorkspaceId, scope: str, scope_id: str) -> list[LorebookId]:
    """The books bound there, in the order they were."""
    found = tx.execute(_BOOKS_OF, {"ws": ws, "scope": scope, "scope_id": scope_id})
    return [LorebookId(row.lorebook_id) for row in found]


def insert_binding(tx: WriteTx, ws: WorkspaceId, book: LorebookId, scope: str, scope_id: str | None) -> Binding:
    made = Binding(BindingId(uuid7()), book, scope, scope_id, tx.now)
    row: dict[str, object] = {
        "id": made.id,
        "workspace_id": ws,
        "lorebook_id": book,
        "scope": scope,
        "scope_id": scope_id,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(_INSERT_BINDING, row)
    return made


def delete_binding(tx: WriteTx, ws: WorkspaceId, book: LorebookId, binding: BindingId) -> bool:
    return tx.execute(_DELETE_BINDING, {"ws": ws, "book": book, "binding": binding}).rowcount == 1
