"""SQL of lists that show no more of a profile than its name: a card may be large, and none is read for these."""

from typing import Any

import sqlalchemy as sa

from fabula.core.ids import ProfileId, WorkspaceId
from fabula.core.storable import storable
from fabula.db import ReadTx
from fabula.features.profiles.rules import search_key
from fabula.features.profiles.tables import entity_profiles as p
from fabula.features.profiles.types import ProfileName

_P = sa.bindparam
_NAMES = sa.select(p.c.id, p.c.name, p.c.created_at).where((p.c.workspace_id == _P("ws")) & p.c.deleted_at.is_(None))
_LIST = _NAMES.order_by(p.c.id.desc()).limit(_P("take"))
_LIST_AFTER = _LIST.where(p.c.id < _P("after", type_=p.c.id.type))
# By the key first, which is indexed: it is the same for names that differ in case or accents only, so few.
_NAMED = _NAMES.where((p.c.name_key == _P("key")) & (p.c.name == _P("name"))).limit(_P("take"))


def list_names(tx: ReadTx, ws: WorkspaceId, after: ProfileId | None, take: int) -> list[ProfileName]:
    """The newest first, those made before `after`."""
    params: dict[str, object] = {"ws": ws, "take": take}
    if after is None:
        return list(map(_name_of, tx.execute(_LIST, params)))
    return list(map(_name_of, tx.execute(_LIST_AFTER, params | {"after": after})))


def find_named(tx: ReadTx, ws: WorkspaceId, name: str, most: int) -> list[ProfileName]:
    """Up to `most` profiles of exactly this name."""
    if storable(name) != name:
        return []  # no name that is stored holds such a character, nor can the database be asked for one
    params = {"ws": ws, "name": name, "key": search_key(name), "take": most}
    return list(map(_name_of, tx.execute(_NAMED, params)))


def _name_of(row: Any) -> ProfileName:
    return ProfileName(ProfileId(row.id), row.name, row.created_at)
