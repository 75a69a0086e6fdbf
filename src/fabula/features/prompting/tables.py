"""Prompt templates."""

import sqlalchemy as sa

from fabula.db.columns import JsonText
from fabula.db.metadata import id_column, metadata, ref, time_columns, workspace_column

prompt_templates = sa.Table(
    "prompt_templates",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("scope", sa.String(32), nullable=False),
    # No foreign key, as scopes are an open set; NULL for `global`.
    ref("scope_id", nullable=True),
    sa.Column("engine", sa.String(16), nullable=False),
    sa.Column("template_text", sa.Text, nullable=False),
    sa.Column("variables_json", JsonText, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    *time_columns(),
    sa.Index("ix_prompt_templates_workspace_id_id", "workspace_id", "id"),
    sa.Index("ix_prompt_templates_workspace_id_scope_scope_id", "workspace_id", "scope", "scope_id"),
)
