"""Profiles by name, change and age; their tags by key."""

import json
import re
import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op

from fabula.db.metadata import IdType

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BATCH = 500
_KEY = sa.String(500).with_variant(sa.String(500, collation="C"), "postgresql")
_ACCENTS = re.compile("[\u0300-\u036f]")
_profiles = sa.table(
    "entity_profiles",
    sa.column("id", IdType),
    sa.column("workspace_id", IdType),
    sa.column("name", sa.String),
    sa.column("name_key", _KEY),
    sa.column("tags_json", sa.Text),
)
_tags = sa.table(
    "entity_profile_tags",
    sa.column("workspace_id", IdType),
    sa.column("tag_key", _KEY),
    sa.column("profile_id", IdType),
)
_NEXT = (
    sa.select(_profiles.c.id, _profiles.c.workspace_id, _profiles.c.name, _profiles.c.tags_json)
    .where(_profiles.c.id > sa.bindparam("after", type_=IdType))
    .order_by(_profiles.c.id)
    .limit(_BATCH)
)
_SET_KEY = (
    sa.update(_profiles)
    .where(_profiles.c.id == sa.bindparam("profile", type_=IdType))
    .values(name_key=sa.bindparam("key"))
)


def upgrade() -> None:
    op.add_column("entity_profiles", sa.Column("name_key", _KEY, nullable=False, server_default=""))
    op.create_table(
        "entity_profile_tags",
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("tag_key", _KEY, nullable=False),
        sa.Column("profile_id", IdType, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_entity_profile_tags_workspace_id"),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["entity_profiles.id"], name="fk_entity_profile_tags_profile_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "tag_key", "profile_id", name="pk_entity_profile_tags"),
    )
    op.create_index("ix_entity_profile_tags_profile_id", "entity_profile_tags", ["profile_id"], unique=False)
    _fill(op.get_bind())
    op.drop_index("ix_entity_profiles_workspace_id_id", "entity_profiles")
    _create_order("ix_entity_profiles_by_name", "name_key", "id")
    _create_order("ix_entity_profiles_by_change", "updated_at", "id", "name_key")
    _create_order("ix_entity_profiles_by_age", "id", "name_key")


def _create_order(name: str, *columns: str) -> None:
    present = sa.text("deleted_at IS NULL")
    op.create_index(
        name,
        "entity_profiles",
        ["workspace_id", *columns, "favourite"],
        unique=False,
        sqlite_where=present,
        postgresql_where=present,
    )


def _fill(conn: sa.Connection) -> None:
    after = "00000000-0000-0000-0000-000000000000"
    while rows := conn.execute(_NEXT, {"after": after}).all():
        conn.execute(_SET_KEY, [{"profile": row.id, "key": _key(row.name)} for row in rows])
        tags = [tag for row in rows for tag in _tags_of(row)]
        if tags:
            conn.execute(sa.insert(_tags), tags)
        after = rows[-1].id


def _tags_of(row: sa.Row[Any, Any, Any, Any]) -> list[dict[str, str]]:
    keys = dict.fromkeys(_key(str(tag)) for tag in json.loads(row.tags_json))
    found = [key for key in keys if key][:200]
    return [{"workspace_id": row.workspace_id, "tag_key": key, "profile_id": row.id} for key in found]


def _key(text: str) -> str:
    """As `profiles.rules.search_key` was when this was written: a migration must not change with the code."""
    clean = text.encode("utf-8", "replace").decode().replace("\x00", "")
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", clean))
    return " ".join(unicodedata.normalize("NFC", plain).casefold().split())[:500]
