"""Lorebooks, prompt templates, personas; where the effects of a chat's variants are."""

import sqlalchemy as sa
from alembic import op

from fabula.db.columns import JsonText, UtcTime
from fabula.db.metadata import IdType

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_lore()
    _create_templates_and_personas()
    op.add_column("message_variants", sa.Column("effects_chat_id", IdType, nullable=True))
    op.create_index(
        "ix_message_variants_effects_chat_id",
        "message_variants",
        ["effects_chat_id"],
        unique=False,
        sqlite_where=sa.text("effects_chat_id IS NOT NULL"),
        postgresql_where=sa.text("effects_chat_id IS NOT NULL"),
    )


def _create_lore() -> None:
    op.create_table(
        "lorebooks",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("raw_json", JsonText(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_lorebooks_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lorebooks"),
    )
    op.create_index("ix_lorebooks_workspace_id_id", "lorebooks", ["workspace_id", "id"], unique=False)
    op.create_index(
        "ix_lorebooks_workspace_id_content_hash", "lorebooks", ["workspace_id", "content_hash"], unique=False
    )
    op.create_table(
        "lore_entries",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("lorebook_id", IdType, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("insertion_order", sa.Float(), nullable=False),
        sa.Column("raw_json", JsonText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lorebook_id"], ["lorebooks.id"], name="fk_lore_entries_lorebook_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_lore_entries_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lore_entries"),
    )
    op.create_index(
        "ix_lore_entries_lorebook_id_insertion_order_id",
        "lore_entries",
        ["lorebook_id", "insertion_order", "id"],
        unique=False,
    )
    op.create_index("ix_lore_entries_lorebook_id_position", "lore_entries", ["lorebook_id", "position"], unique=False)
    op.create_table(
        "lore_bindings",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("lorebook_id", IdType, nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("scope_id", IdType, nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lorebook_id"], ["lorebooks.id"], name="fk_lore_bindings_lorebook_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_lore_bindings_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lore_bindings"),
    )
    op.create_index("ix_lore_bindings_lorebook_id", "lore_bindings", ["lorebook_id"], unique=False)
    op.create_index(
        "ix_lore_bindings_workspace_id_scope_scope_id",
        "lore_bindings",
        ["workspace_id", "scope", "scope_id"],
        unique=False,
    )


def _create_templates_and_personas() -> None:
    op.create_table(
        "prompt_templates",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("scope_id", IdType, nullable=True),
        sa.Column("engine", sa.String(length=16), nullable=False),
        sa.Column("template_text", sa.Text(), nullable=False),
        sa.Column("variables_json", JsonText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_prompt_templates_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_templates"),
    )
    op.create_index("ix_prompt_templates_workspace_id_id", "prompt_templates", ["workspace_id", "id"], unique=False)
    op.create_index(
        "ix_prompt_templates_workspace_id_scope_scope_id",
        "prompt_templates",
        ["workspace_id", "scope", "scope_id"],
        unique=False,
    )
    op.create_table(
        "personas",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("avatar_blob", sa.String(length=64), nullable=True),
        sa.Column("avatar_type", sa.String(length=32), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("settings_json", JsonText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_personas_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_personas"),
    )
    op.create_index("ix_personas_workspace_id_id", "personas", ["workspace_id", "id"], unique=False)
    op.create_index(
        "uq_personas_default",
        "personas",
        ["workspace_id"],
        unique=True,
        sqlite_where=sa.text("is_default = 1"),
        postgresql_where=sa.text("is_default"),
    )
