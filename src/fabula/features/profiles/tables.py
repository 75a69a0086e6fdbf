"""Entity profiles: a normalised card beside everything it came from."""

import sqlalchemy as sa

from fabula.db.columns import JsonText, UtcTime
from fabula.db.metadata import id_column, metadata, time_columns, workspace_column

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
    sa.Index("ix_entity_profiles_workspace_id_id", "workspace_id", "id"),
    sa.Index("ix_entity_profiles_workspace_id_content_hash", "workspace_id", "content_hash"),
)
