"""Usage events: what was consumed, by what."""

import sqlalchemy as sa

from fabula.db.metadata import id_column, metadata, ref, time_columns, workspace_column

usage_events = sa.Table(
    "usage_events",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("meter", sa.String(32), nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("model", sa.String(200)),
    ref("chat_id", nullable=True),
    ref("generation_id", nullable=True),
    ref("bot_version_id", nullable=True),
    sa.Column("operation_id", sa.String(200)),
    *time_columns(),
    sa.Index("ix_usage_events_workspace_id_created_at", "workspace_id", "created_at"),
)
