"""The audit log: append-only."""

import sqlalchemy as sa

from fabula.db.columns import JsonText
from fabula.db.metadata import IdType, id_column, metadata, time_columns, workspace_column

audit_log = sa.Table(
    "audit_log",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("actor_kind", sa.String(16), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("object_type", sa.String(64), nullable=False),
    sa.Column("object_id", IdType),
    sa.Column("before", JsonText),
    sa.Column("after", JsonText),
    *time_columns(),
    sa.Index("ix_audit_log_workspace_id_id", "workspace_id", "id"),
)
