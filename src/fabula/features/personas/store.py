"""SQL of personas."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import PersonaId, WorkspaceId
from fabula.core.paging import Page, decode_id, page_of
from fabula.db import ReadTx, WriteTx
from fabula.db.columns import JsonText
from fabula.db.metadata import IdType
from fabula.engine.blobs import BlobKey
from fabula.features.personas.tables import personas as p
from fabula.features.personas.types import Persona, PersonaPicture

_P = sa.bindparam
_OURS = p.c.workspace_id == _P("ws")
_THIS = p.c.id == _P("persona")
_PERSONA = sa.select(
    p.c.id,
    p.c.name,
    p.c.description,
    p.c.is_default,
    p.c.avatar_blob,
    p.c.settings_json,
    p.c.created_at,
    p.c.updated_at,
).where(_OURS)
_FIND = _PERSONA.where(_THIS)
_LIST = _PERSONA.order_by(p.c.id).limit(_P("take"))
_LIST_AFTER = _LIST.where(p.c.id > _P("after"))
_FIND_PICTURE = sa.select(p.c.avatar_blob, p.c.avatar_type).where(_OURS & _THIS)
_INSERT = sa.insert(p)
_UNSET_DEFAULT = sa.update(p).where(_OURS & p.c.is_default).values(is_default=False, updated_at=_P("now"))
_UPDATE = (
    sa.update(p)
    .where(_OURS & _THIS)
    .values(
        name=_P("new_name"),
        description=_P("new_description"),
        is_default=_P("new_default"),
        settings_json=_P("new_settings"),
        updated_at=_P("now"),
    )
)
_SET_AVATAR = (
    sa.update(p).where(_OURS & _THIS).values(avatar_blob=_P("blob"), avatar_type=_P("media"), updated_at=_P("now"))
)
_DELETE = sa.delete(p).where(_OURS & _THIS)

# One arm of the query that finds everything a tale is told with (`generation.store.setting`): who the user may be,
# by choice or by default. Every arm has these columns; which persona counts is decided where both are known.
CANDIDATES: sa.Select[Any] = sa.select(
    sa.literal("persona").label("kind"),
    p.c.id,
    sa.case((p.c.is_default, "default"), else_="chosen").label("scope"),
    sa.cast(sa.null(), IdType).label("scope_id"),
    p.c.name,
    p.c.description.label("text"),
    sa.literal(0).label("version"),
    sa.cast(sa.null(), JsonText).label("defaults"),
).where(_OURS & (p.c.is_default | (p.c.id == _P("persona", type_=IdType))))


def _persona(row: Any) -> Persona:
    return Persona(
        PersonaId(row.id),
        row.name,
        row.description,
        row.is_default,
        row.avatar_blob is not None,
        row.settings_json,
        row.created_at,
        row.updated_at,
    )


def find_persona(tx: ReadTx, ws: WorkspaceId, persona: PersonaId) -> Persona | None:
    row = tx.execute(_FIND, {"ws": ws, "persona": persona}).one_or_none()
    return None if row is None else _persona(row)


def list_personas(tx: ReadTx, ws: WorkspaceId, limit: int, cursor: str | None) -> Page[Persona]:
    """Personas, oldest first."""
    params: dict[str, object] = {"ws": ws, "take": limit + 1}
    if cursor is not None:
        params["after"] = decode_id(cursor)
    found = [_persona(row) for row in tx.execute(_LIST if cursor is None else _LIST_AFTER, params)]
    return page_of(found, limit)


def find_picture(tx: ReadTx, ws: WorkspaceId, persona: PersonaId) -> PersonaPicture | None:
    row = tx.execute(_FIND_PICTURE, {"ws": ws, "persona": persona}).one_or_none()
    if row is None or row.avatar_blob is None:
        return None
    return PersonaPicture(BlobKey(row.avatar_blob), row.avatar_type)


def insert_persona(
    tx: WriteTx,
    ws: WorkspaceId,
    persona: PersonaId,
    *,
    name: str,
    description: str,
    is_default: bool,
    settings: Mapping[str, object],
) -> None:
    row: dict[str, object] = {
        "id": persona,
        "workspace_id": ws,
        "name": name,
        "description": description,
        "is_default": is_default,
        "settings_json": settings,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(_INSERT, row)


def unset_default(tx: WriteTx, ws: WorkspaceId) -> None:
    """Afterwards no persona is the default one; call it before making one so."""
    tx.execute(_UNSET_DEFAULT, {"ws": ws, "now": tx.now})


def update_persona(tx: WriteTx, ws: WorkspaceId, persona: Persona) -> None:
    params = {
        "ws": ws,
        "persona": persona.id,
        "new_name": persona.name,
        "new_description": persona.description,
        "new_default": persona.is_default,
        "new_settings": persona.settings,
        "now": tx.now,
    }
    tx.execute(_UPDATE, params)


def set_avatar(tx: WriteTx, ws: WorkspaceId, persona: PersonaId, picture: PersonaPicture) -> None:
    tx.execute(
        _SET_AVATAR,
        {"ws": ws, "persona": persona, "blob": picture.blob, "media": picture.media_type, "now": tx.now},
    )


def delete_persona(tx: WriteTx, ws: WorkspaceId, persona: PersonaId) -> None:
    tx.execute(_DELETE, {"ws": ws, "persona": persona})
