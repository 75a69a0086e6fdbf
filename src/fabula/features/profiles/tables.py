"""Entity profiles: a normalised card beside everything it came from."""

import sqlalchemy as sa

from fabula.db.columns import JsonText, UtcTime
from fabula.db.metadata import IdType, id_column, metadata, time_columns, workspace_column

# Code point order on both databases: PostgreSQL would sort by its locale, and the pages' cursors would not fit.
KeyType = sa.String(500).with_variant(sa.String(500, collation="C"), "postgresql")


def _order(name: str, *columns: str) -> sa.Index:
    """An index of one sort order, with all that lists filter by: walking it reads no row of this wide table."""
    present = sa.text("deleted_at IS NULL")
    return sa.Index(name, "workspace_id", *columns, "favourite", sqlite_where=present, postgresql_where=present)


entity_profiles = sa.Table(
    "entity_profiles",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("name", sa.String(500), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("spec_json", JsonText, nullable=False),
    sa.Column("raw_json", JsonText),
    sa.Column("original_blob", sa.String(64)),
    sa.Column("original_format", sa.String(16)),
    sa.Column("avatar_blob", sa.String(64)),
    sa.Column("avatar_type", sa.String(32)),
    sa.Column("thumbnail_blob", sa.String(64)),
    sa.Column("content_hash", sa.String(64)),
    sa.Column("tags_json", JsonText, nullable=False),
    sa.Column("favourite", sa.Boolean, nullable=False),
    sa.Column("settings_json", JsonText, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    *time_columns(),
    sa.Column("deleted_at", UtcTime),
    sa.Column("name_key", KeyType, nullable=False, server_default=""),
    sa.Index("ix_entity_profiles_workspace_id_content_hash", "workspace_id", "content_hash"),
    _order("ix_entity_profiles_by_name", "name_key", "id"),
    _order("ix_entity_profiles_by_change", "updated_at", "id", "name_key"),
    _order("ix_entity_profiles_by_age", "id", "name_key"),
)

# The tags of `tags_json` once more, by what is searched for; rows of deleted profiles stay for their restoration.
entity_profile_tags = sa.Table(
    "entity_profile_tags",
    metadata,
    sa.Column("workspace_id", IdType, sa.ForeignKey("workspaces.id"), primary_key=True),
    sa.Column("tag_key", KeyType, primary_key=True),
    sa.Column("profile_id", IdType, sa.ForeignKey("entity_profiles.id", ondelete="CASCADE"), primary_key=True),
    sa.Index("ix_entity_profile_tags_profile_id", "profile_id"),
)
