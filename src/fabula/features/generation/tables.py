"""Generations, pipelines and their runs."""

import sqlalchemy as sa

from fabula.db.columns import JsonText, UtcTime
from fabula.db.metadata import IdType, id_column, metadata, ref, time_columns, workspace_column

pipelines = sa.Table(
    "pipelines",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("definition_json", JsonText, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    *time_columns(),
    sa.Index("ix_pipelines_workspace_id_id", "workspace_id", "id"),
)

pipeline_runs = sa.Table(
    "pipeline_runs",
    metadata,
    id_column(),
    workspace_column(),
    ref("pipeline_id", nullable=True),
    ref("chat_id", "chats.id", nullable=True, ondelete="CASCADE"),
    ref("bot_version_id", nullable=True),
    sa.Column("trigger", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("operation_id", sa.String(200)),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    *time_columns(),
    sa.Index("ix_pipeline_runs_workspace_id_id", "workspace_id", "id"),
    sa.Index("ix_pipeline_runs_chat_id_id", "chat_id", "id"),
    # Most runs are of the built-in pipeline and have no id here.
    sa.Index(
        "ix_pipeline_runs_pipeline_id_id",
        "pipeline_id",
        "id",
        sqlite_where=sa.text("pipeline_id IS NOT NULL"),
        postgresql_where=sa.text("pipeline_id IS NOT NULL"),
    ),
)

pipeline_step_runs = sa.Table(
    "pipeline_step_runs",
    metadata,
    id_column(),
    workspace_column(),
    ref("pipeline_run_id", "pipeline_runs.id", ondelete="CASCADE"),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("step_name", sa.String(100), nullable=False),
    sa.Column("step_type", sa.String(32), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("input_json", JsonText),
    sa.Column("output_json", JsonText),
    sa.Column("error", sa.Text),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("duration_ms", sa.Float),
    *time_columns(),
    sa.Index("ix_pipeline_step_runs_pipeline_run_id_position", "pipeline_run_id", "position"),
)

llm_generations = sa.Table(
    "llm_generations",
    metadata,
    id_column(),
    workspace_column(),
    ref("chat_id", "chats.id", nullable=True, ondelete="CASCADE"),
    ref("branch_id", nullable=True),
    ref("user_message_id", nullable=True),
    ref("message_id", nullable=True),
    ref("variant_id", nullable=True),
    ref("pipeline_run_id", "pipeline_runs.id", nullable=True, ondelete="SET NULL"),
    ref("step_run_id", nullable=True),
    sa.Column("mode", sa.String(16), nullable=False),
    sa.Column("provider_id", sa.String(200), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("params_json", JsonText, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    # The instance whose heartbeat keeps this generation alive: the lease is the owner's, one row for all it streams.
    sa.Column("owner", IdType, nullable=False),
    sa.Column("abort_requested", sa.Boolean, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    sa.Column("prompt_hash", sa.String(64)),
    sa.Column("prompt_tokens", sa.Integer),
    sa.Column("completion_tokens", sa.Integer),
    sa.Column("finish_reason", sa.String(64)),
    sa.Column("error_json", JsonText),
    # Text of a generation that writes no variant (impersonation, protocol calls).
    sa.Column("output_text", sa.Text),
    sa.Column("output_reasoning", sa.Text),
    # True when a post step changed the text: positions of the stream no longer fit it.
    sa.Column("text_changed", sa.Boolean, nullable=False),
    sa.Column("operation_id", sa.String(200)),
    *time_columns(),
    sa.Index("ix_llm_generations_workspace_id_id", "workspace_id", "id"),
    sa.Index("ix_llm_generations_chat_id_id", "chat_id", "id"),
    sa.Index("ix_llm_generations_variant_id", "variant_id"),
    sa.Index(
        "uq_llm_generations_live_branch",
        "branch_id",
        unique=True,
        sqlite_where=sa.text("status = 'streaming'"),
        postgresql_where=sa.text("status = 'streaming'"),
    ),
    sa.Index(
        "ix_llm_generations_live_owner",
        "owner",
        sqlite_where=sa.text("status = 'streaming'"),
        postgresql_where=sa.text("status = 'streaming'"),
    ),
)

# Beside its generation, whose row changes again when the answer ends: SQLite would write all of this anew.
generation_prompts = sa.Table(
    "generation_prompts",
    metadata,
    sa.Column("generation_id", IdType, sa.ForeignKey("llm_generations.id", ondelete="CASCADE"), primary_key=True),
    workspace_column(),
    # JSON text written by the prompt builder, kept as it is: it is read rarely and written on every turn.
    sa.Column("snapshot", sa.Text, nullable=False),
    *time_columns(),
)
