"""The first schema: workspaces, profiles, chats, generations, operations."""

import sqlalchemy as sa
from alembic import op

from fabula.db.columns import JsonText, UtcTime
from fabula.db.dialect.postgres import create_app_role
from fabula.db.metadata import IdType

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instances",
        sa.Column("id", IdType, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("heartbeat_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instances"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", IdType, nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "users",
        sa.Column("id", IdType, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
    )
    op.create_table(
        "workspaces",
        sa.Column("id", IdType, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces"),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_type", sa.String(length=64), nullable=False),
        sa.Column("object_id", IdType, nullable=True),
        sa.Column("before", JsonText(), nullable=True),
        sa.Column("after", JsonText(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_audit_log_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_workspace_id_id", "audit_log", ["workspace_id", "id"], unique=False)
    op.create_table(
        "entity_profiles",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("spec_json", JsonText(), nullable=False),
        sa.Column("raw_json", JsonText(), nullable=True),
        sa.Column("original_blob", sa.String(length=64), nullable=True),
        sa.Column("original_format", sa.String(length=16), nullable=True),
        sa.Column("avatar_blob", sa.String(length=64), nullable=True),
        sa.Column("avatar_type", sa.String(length=32), nullable=True),
        sa.Column("thumbnail_blob", sa.String(length=64), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("tags_json", JsonText(), nullable=False),
        sa.Column("favourite", sa.Boolean(), nullable=False),
        sa.Column("settings_json", JsonText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("deleted_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_entity_profiles_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_entity_profiles"),
    )
    op.create_index(
        "ix_entity_profiles_workspace_id_content_hash",
        "entity_profiles",
        ["workspace_id", "content_hash"],
        unique=False,
    )
    op.create_index("ix_entity_profiles_workspace_id_id", "entity_profiles", ["workspace_id", "id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("user_id", IdType, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_memberships_user_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_memberships_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
        sa.UniqueConstraint("workspace_id", "user_id", name="uq_memberships_workspace_id_user_id"),
    )
    op.create_table(
        "operations",
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("operation_id", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("owner", IdType, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer_status", sa.Integer(), nullable=True),
        sa.Column("answer_body", sa.Text(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_operations_workspace_id"),
        sa.PrimaryKeyConstraint("workspace_id", "operation_id", name="pk_operations"),
    )
    op.create_index("ix_operations_created_at", "operations", ["created_at"], unique=False)
    op.create_table(
        "pipelines",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("definition_json", JsonText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_pipelines_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pipelines"),
    )
    op.create_index("ix_pipelines_workspace_id_id", "pipelines", ["workspace_id", "id"], unique=False)
    op.create_table(
        "usage_events",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("meter", sa.String(length=32), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("chat_id", IdType, nullable=True),
        sa.Column("generation_id", IdType, nullable=True),
        sa.Column("bot_version_id", IdType, nullable=True),
        sa.Column("operation_id", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_usage_events_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_usage_events"),
    )
    op.create_index(
        "ix_usage_events_workspace_id_created_at", "usage_events", ["workspace_id", "created_at"], unique=False
    )
    op.create_table(
        "chats",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("entity_profile_id", IdType, nullable=True),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("active_branch_id", IdType, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("settings_json", JsonText(), nullable=False),
        sa.Column("meta_json", JsonText(), nullable=False),
        sa.Column("last_message_at", UtcTime(), nullable=True),
        sa.Column("last_message_preview", sa.String(length=300), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("origin_chat_id", IdType, nullable=True),
        sa.Column("origin_branch_id", IdType, nullable=True),
        sa.Column("origin_message_id", IdType, nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("deleted_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["entity_profile_id"], ["entity_profiles.id"], name="fk_chats_entity_profile_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_chats_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_chats"),
    )
    op.create_index(
        "ix_chats_entity_profile_id_updated_at_id", "chats", ["entity_profile_id", "updated_at", "id"], unique=False
    )
    op.create_index("ix_chats_workspace_id_updated_at_id", "chats", ["workspace_id", "updated_at", "id"], unique=False)
    op.create_table(
        "chat_branches",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("chat_id", IdType, nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("parent_branch_id", IdType, nullable=True),
        sa.Column("forked_from_message_id", IdType, nullable=True),
        sa.Column("forked_from_variant_id", IdType, nullable=True),
        sa.Column("fork_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("deleted_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_chat_branches_chat_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_branch_id"], ["chat_branches.id"], name="fk_chat_branches_parent_branch_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_chat_branches_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_chat_branches"),
    )
    op.create_index("ix_chat_branches_chat_id_id", "chat_branches", ["chat_id", "id"], unique=False)
    op.create_index("ix_chat_branches_parent_branch_id", "chat_branches", ["parent_branch_id"], unique=False)
    op.create_table(
        "pipeline_runs",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("pipeline_id", IdType, nullable=True),
        sa.Column("chat_id", IdType, nullable=True),
        sa.Column("bot_version_id", IdType, nullable=True),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("operation_id", sa.String(length=200), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_pipeline_runs_chat_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_pipeline_runs_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pipeline_runs"),
    )
    op.create_index("ix_pipeline_runs_chat_id_id", "pipeline_runs", ["chat_id", "id"], unique=False)
    op.create_index("ix_pipeline_runs_workspace_id_id", "pipeline_runs", ["workspace_id", "id"], unique=False)
    op.create_table(
        "chat_messages",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("chat_id", IdType, nullable=False),
        sa.Column("branch_id", IdType, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("author_json", JsonText(), nullable=False),
        sa.Column("prompt_text", sa.Text(), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("blocks_json", JsonText(), nullable=True),
        sa.Column("meta_json", JsonText(), nullable=True),
        sa.Column("selected_variant_id", IdType, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("deleted_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["chat_branches.id"], name="fk_chat_messages_branch_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_chat_messages_chat_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_chat_messages_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_chat_messages"),
        sa.UniqueConstraint("branch_id", "seq", name="uq_chat_messages_branch_id_seq"),
    )
    op.create_index("ix_chat_messages_chat_id", "chat_messages", ["chat_id"], unique=False)
    op.create_table(
        "llm_generations",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("chat_id", IdType, nullable=True),
        sa.Column("branch_id", IdType, nullable=True),
        sa.Column("user_message_id", IdType, nullable=True),
        sa.Column("message_id", IdType, nullable=True),
        sa.Column("variant_id", IdType, nullable=True),
        sa.Column("pipeline_run_id", IdType, nullable=True),
        sa.Column("step_run_id", IdType, nullable=True),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("provider_id", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("params_json", JsonText(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("owner", IdType, nullable=False),
        sa.Column("abort_requested", sa.Boolean(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("prompt_hash", sa.String(length=64), nullable=True),
        sa.Column("prompt_snapshot", sa.Text(), nullable=True),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("finish_reason", sa.String(length=64), nullable=True),
        sa.Column("error_json", JsonText(), nullable=True),
        sa.Column("output_text", sa.Text(), nullable=True),
        sa.Column("output_reasoning", sa.Text(), nullable=True),
        sa.Column("text_changed", sa.Boolean(), nullable=False),
        sa.Column("operation_id", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_llm_generations_chat_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["pipeline_run_id"], ["pipeline_runs.id"], name="fk_llm_generations_pipeline_run_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_llm_generations_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_llm_generations"),
    )
    op.create_index("ix_llm_generations_chat_id_id", "llm_generations", ["chat_id", "id"], unique=False)
    op.create_index(
        "ix_llm_generations_live_owner",
        "llm_generations",
        ["owner"],
        unique=False,
        sqlite_where=sa.text("status = 'streaming'"),
        postgresql_where=sa.text("status = 'streaming'"),
    )
    op.create_index("ix_llm_generations_variant_id", "llm_generations", ["variant_id"], unique=False)
    op.create_index("ix_llm_generations_workspace_id_id", "llm_generations", ["workspace_id", "id"], unique=False)
    op.create_index(
        "uq_llm_generations_live_branch",
        "llm_generations",
        ["branch_id"],
        unique=True,
        sqlite_where=sa.text("status = 'streaming'"),
        postgresql_where=sa.text("status = 'streaming'"),
    )
    op.create_table(
        "pipeline_step_runs",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("pipeline_run_id", IdType, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("step_name", sa.String(length=100), nullable=False),
        sa.Column("step_type", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("input_json", JsonText(), nullable=True),
        sa.Column("output_json", JsonText(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pipeline_run_id"], ["pipeline_runs.id"], name="fk_pipeline_step_runs_pipeline_run_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_pipeline_step_runs_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pipeline_step_runs"),
    )
    op.create_index(
        "ix_pipeline_step_runs_pipeline_run_id_position",
        "pipeline_step_runs",
        ["pipeline_run_id", "position"],
        unique=False,
    )
    op.create_table(
        "message_variants",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("message_id", IdType, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("prompt_text", sa.Text(), nullable=False),
        sa.Column("reasoning", sa.Text(), nullable=False),
        sa.Column("blocks_json", JsonText(), nullable=True),
        sa.Column("meta_json", JsonText(), nullable=True),
        sa.Column("generation_id", IdType, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["chat_messages.id"], name="fk_message_variants_message_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_message_variants_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message_variants"),
    )
    op.create_index("ix_message_variants_message_id_id", "message_variants", ["message_id", "id"], unique=False)
    create_app_role(op.get_bind())
