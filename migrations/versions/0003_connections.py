"""Provider connections with sealed keys, and generation presets."""

import sqlalchemy as sa
from alembic import op

from fabula.db.columns import JsonText, UtcTime
from fabula.db.metadata import IdType

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_connections",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("base_url", sa.String(length=2000), nullable=True),
        sa.Column("sealed_key", sa.Text(), nullable=True),
        sa.Column("key_hint", sa.String(length=8), nullable=True),
        sa.Column("default_model", sa.String(length=200), nullable=True),
        sa.Column("family", sa.String(length=32), nullable=True),
        sa.Column("timeouts_json", JsonText(), nullable=False),
        sa.Column("context_tokens", sa.Integer(), nullable=False),
        sa.Column("answer_tokens", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_provider_connections_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_provider_connections"),
    )
    op.create_index("ix_provider_connections_workspace_id_id", "provider_connections", ["workspace_id", "id"])
    op.create_table(
        "generation_presets",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("params_json", JsonText(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_generation_presets_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_generation_presets"),
    )
    op.create_index("ix_generation_presets_workspace_id_id", "generation_presets", ["workspace_id", "id"])
    for table in ("provider_connections", "generation_presets"):
        op.create_index(
            f"uq_{table}_default",
            table,
            ["workspace_id"],
            unique=True,
            sqlite_where=sa.text("is_default"),
            postgresql_where=sa.text("is_default"),
        )
