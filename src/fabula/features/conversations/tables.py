"""Chats, branches, messages, variants."""

import sqlalchemy as sa

from fabula.db.columns import JsonText, UtcTime
from fabula.db.metadata import IdType, id_column, metadata, ref, time_columns, workspace_column

chats = sa.Table(
    "chats",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("kind", sa.String(16), nullable=False),
    ref("entity_profile_id", "entity_profiles.id", nullable=True),
    sa.Column("title", sa.String(500), nullable=False),
    # No foreign key: chats and branches are made together and point at each other.
    sa.Column("active_branch_id", IdType, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("settings_json", JsonText, nullable=False),
    sa.Column("meta_json", JsonText, nullable=False),
    sa.Column("last_message_at", UtcTime),
    sa.Column("last_message_preview", sa.String(300)),
    sa.Column("version", sa.Integer, nullable=False),
    ref("origin_chat_id", nullable=True),
    ref("origin_branch_id", nullable=True),
    ref("origin_message_id", nullable=True),
    *time_columns(),
    sa.Column("deleted_at", UtcTime),
    sa.Index("ix_chats_workspace_id_updated_at_id", "workspace_id", "updated_at", "id"),
    sa.Index("ix_chats_entity_profile_id_updated_at_id", "entity_profile_id", "updated_at", "id"),
)

chat_branches = sa.Table(
    "chat_branches",
    metadata,
    id_column(),
    workspace_column(),
    ref("chat_id", "chats.id", ondelete="CASCADE"),
    sa.Column("title", sa.String(500), nullable=False),
    ref("parent_branch_id", "chat_branches.id", nullable=True),
    ref("forked_from_message_id", nullable=True),
    ref("forked_from_variant_id", nullable=True),
    # The fork message's seq: the last place that belongs to the ancestors; -1 for `main`.
    sa.Column("fork_seq", sa.Integer, nullable=False),
    sa.Column("last_seq", sa.Integer, nullable=False),
    *time_columns(),
    sa.Column("deleted_at", UtcTime),
    sa.Index("ix_chat_branches_chat_id_id", "chat_id", "id"),
    sa.Index("ix_chat_branches_parent_branch_id", "parent_branch_id"),
)

chat_messages = sa.Table(
    "chat_messages",
    metadata,
    id_column(),
    workspace_column(),
    ref("chat_id", "chats.id", ondelete="CASCADE"),
    ref("branch_id", "chat_branches.id", ondelete="CASCADE"),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("author_json", JsonText, nullable=False),
    sa.Column("prompt_text", sa.Text, nullable=False),
    sa.Column("format", sa.String(16), nullable=False),
    sa.Column("blocks_json", JsonText),
    sa.Column("meta_json", JsonText),
    # No foreign key: message and first variant are made together and point at each other.
    sa.Column("selected_variant_id", IdType, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("hidden", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    *time_columns(),
    sa.Column("deleted_at", UtcTime),
    sa.UniqueConstraint("branch_id", "seq"),
    sa.Index("ix_chat_messages_chat_id", "chat_id"),
)

message_variants = sa.Table(
    "message_variants",
    metadata,
    id_column(),
    workspace_column(),
    ref("message_id", "chat_messages.id", ondelete="CASCADE"),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("prompt_text", sa.Text, nullable=False),
    sa.Column("reasoning", sa.Text, nullable=False),
    sa.Column("blocks_json", JsonText),
    sa.Column("meta_json", JsonText),
    ref("generation_id", nullable=True),
    sa.Column("state", sa.String(16), nullable=False),
    *time_columns(),
    # Its chat, for the few variants whose meta has effects (see `standing`): one index finds them, on any branch.
    ref("effects_chat_id", nullable=True),
    sa.Index("ix_message_variants_message_id_id", "message_id", "id"),
    sa.Index(
        "ix_message_variants_effects_chat_id",
        "effects_chat_id",
        sqlite_where=sa.text("effects_chat_id IS NOT NULL"),
        postgresql_where=sa.text("effects_chat_id IS NOT NULL"),
    ),
)
