"""Provider connections with sealed keys, and generation presets; at most one default of each in a workspace."""

import sqlalchemy as sa

from fabula.db.columns import JsonText
from fabula.db.metadata import id_column, metadata, time_columns, workspace_column


def _one_default(table: str) -> sa.Index:
    only = sa.text("is_default")
    return sa.Index(f"uq_{table}_default", "workspace_id", unique=True, sqlite_where=only, postgresql_where=only)


provider_connections = sa.Table(
    "provider_connections",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("provider", sa.String(32), nullable=False),
    sa.Column("base_url", sa.String(2000)),
    sa.Column("sealed_key", sa.Text),
    sa.Column("key_hint", sa.String(8)),
    sa.Column("default_model", sa.String(200)),
    sa.Column("family", sa.String(32)),
    sa.Column("timeouts_json", JsonText, nullable=False),
    sa.Column("context_tokens", sa.Integer, nullable=False),
    sa.Column("answer_tokens", sa.Integer, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    *time_columns(),
    sa.Index("ix_provider_connections_workspace_id_id", "workspace_id", "id"),
    _one_default("provider_connections"),
)

generation_presets = sa.Table(
    "generation_presets",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("params_json", JsonText, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    *time_columns(),
    sa.Index("ix_generation_presets_workspace_id_id", "workspace_id", "id"),
    _one_default("generation_presets"),
)
