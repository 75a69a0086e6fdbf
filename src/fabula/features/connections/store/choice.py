"""SQL of one turn's choice: connection and preset in a single statement."""

import sqlalchemy as sa

from fabula.core.ids import WorkspaceId
from fabula.db import ReadTx
from fabula.db.hot import hot
from fabula.features.connections.store import connections, presets
from fabula.features.connections.tables import generation_presets as p
from fabula.features.connections.tables import provider_connections as c
from fabula.features.connections.types import Preset, ProviderConnection

_P = sa.bindparam
_SPLIT = len(connections.COLUMNS)


def _statement(*, named_connection: bool, named_preset: bool) -> sa.Select[tuple[object, ...]]:
    """Outer joins to a row that is always there: each side is found or not, by its id or as the default."""
    one = sa.select(sa.literal_column("1").label("one")).subquery("one")
    this_c = c.c.id == _P("connection") if named_connection else c.c.is_default
    this_p = p.c.id == _P("preset") if named_preset else p.c.is_default
    joined = one.outerjoin(c, (c.c.workspace_id == _P("ws")) & this_c)
    joined = joined.outerjoin(p, (p.c.workspace_id == _P("ws")) & this_p)
    return sa.select(*connections.COLUMNS, *presets.COLUMNS).select_from(joined)


_CHOOSE = {
    (by_id, preset_by_id): _statement(named_connection=by_id, named_preset=preset_by_id)
    for by_id in (False, True)
    for preset_by_id in (False, True)
}
# What every turn runs.
hot(*_CHOOSE.values())


def find(
    tx: ReadTx, ws: WorkspaceId, connection: str | None, preset: str | None
) -> tuple[ProviderConnection | None, Preset | None]:
    """The named connection and preset; the workspace's defaults where none is named."""
    params: dict[str, str] = {"ws": ws}
    params |= {} if connection is None else {"connection": connection}
    params |= {} if preset is None else {"preset": preset}
    row = tx.execute(_CHOOSE[connection is not None, preset is not None], params).one()
    stored = None if row[0] is None else connections.read_row(row[:_SPLIT])
    return stored, None if row[_SPLIT] is None else presets.read_row(row[_SPLIT:])
