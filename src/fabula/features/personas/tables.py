"""Personas: who the user is in a tale."""

import sqlalchemy as sa

from fabula.db.columns import JsonText
from fabula.db.metadata import id_column, metadata, time_columns, workspace_column

personas = sa.Table(
    "personas",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("avatar_blob", sa.String(64)),
    sa.Column("avatar_type", sa.String(32)),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("settings_json", JsonText, nullable=False),
    *time_columns(),
    sa.Index("ix_personas_workspace_id_id", "workspace_id", "id"),
    sa.Index(
        "uq_personas_default",
        "workspace_id",
        unique=True,
        sqlite_where=sa.text("is_default = 1"),
        postgresql_where=sa.text("is_default"),
    ),
)
