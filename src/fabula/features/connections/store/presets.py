"""SQL of generation presets."""

from typing import Any

import sqlalchemy as sa

from fabula.core.ids import WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.features.connections.tables import generation_presets as p
from fabula.features.connections.types import Preset, PresetFields, PresetId

_P = sa.bindparam
COLUMNS = (p.c.id, p.c.name, p.c.params_json, p.c.is_default, p.c.version, p.c.created_at, p.c.updated_at)
_OURS = p.c.workspace_id == _P("ws")
_THIS = _OURS & (p.c.id == _P("preset"))
_FIND = sa.select(*COLUMNS).where(_THIS)
_LOCK = _FIND.with_for_update()
_LIST = sa.select(*COLUMNS).where(_OURS).order_by(p.c.id).limit(_P("take"))
_LIST_AFTER = _LIST.where(p.c.id > _P("after"))
_INSERT = sa.insert(p)
_DELETE = sa.delete(p).where(_THIS)
_UPDATE = (
    sa.update(p)
    .where(_THIS)
    .values(
        name=_P("new_name"),
        params_json=_P("new_params"),
        is_default=_P("new_default"),
        version=p.c.version + 1,
        updated_at=_P("now"),
    )
)
_CLEAR_DEFAULT = (
    sa.update(p)
    .where(_OURS & p.c.is_default & (p.c.id != _P("preset")))
    .values(is_default=False, version=p.c.version + 1, updated_at=_P("now"))
)


def read_row(row: Any) -> Preset:
    """A row of `COLUMNS`, under whatever labels, as a preset."""
    ident, name, params, is_default, *rest = row
    return Preset(PresetId(ident), PresetFields(name, params, is_default), *rest)


def find(tx: ReadTx, ws: WorkspaceId, preset: PresetId) -> Preset | None:
    row = tx.execute(_FIND, {"ws": ws, "preset": preset}).one_or_none()
    return None if row is None else read_row(row)


def lock(tx: WriteTx, ws: WorkspaceId, preset: PresetId) -> Preset | None:
    """As `find`, and nobody else changes it before this transaction ends."""
    row = tx.execute(_LOCK, {"ws": ws, "preset": preset}).one_or_none()
    return None if row is None else read_row(row)


def list_after(tx: ReadTx, ws: WorkspaceId, after: str | None, take: int) -> list[Preset]:
    """Presets by age, the oldest first."""
    params = {"ws": ws, "take": take} | ({} if after is None else {"after": after})
    return [read_row(row) for row in tx.execute(_LIST if after is None else _LIST_AFTER, params)]


def insert(tx: WriteTx, ws: WorkspaceId, new: Preset) -> None:
    row = {
        "id": new.id,
        "workspace_id": ws,
        "name": new.fields.name,
        "params_json": new.fields.params,
        "is_default": new.fields.is_default,
        "version": new.version,
        "created_at": new.created_at,
        "updated_at": new.updated_at,
    }
    tx.execute(_INSERT, row)


def update(tx: WriteTx, ws: WorkspaceId, preset: PresetId, fields: PresetFields) -> None:
    """Store the fields; the version goes up by one."""
    values = {"new_name": fields.name, "new_params": fields.params, "new_default": fields.is_default}
    tx.execute(_UPDATE, {"ws": ws, "preset": preset, "now": tx.now, **values})


def clear_default(tx: WriteTx, ws: WorkspaceId, but: PresetId) -> None:
    """Nothing but `but` may be the default; before it becomes so."""
    tx.execute(_CLEAR_DEFAULT, {"ws": ws, "preset": but, "now": tx.now})


def delete(tx: WriteTx, ws: WorkspaceId, preset: PresetId) -> None:
    tx.execute(_DELETE, {"ws": ws, "preset": preset})
