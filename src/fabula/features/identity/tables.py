"""Workspaces and the people in them."""

import sqlalchemy as sa

from fabula.db.columns import JsonText
from fabula.db.metadata import id_column, metadata, ref, time_columns, workspace_column

workspaces = sa.Table(
    "workspaces",
    metadata,
    id_column(),
    sa.Column("name", sa.String(200), nullable=False),
    *time_columns(),
    sa.Column("settings_json", JsonText, nullable=False, server_default="{}"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
)

users = sa.Table(
    "users",
    metadata,
    id_column(),
    sa.Column("name", sa.String(200), nullable=False),
    *time_columns(),
)

memberships = sa.Table(
    "memberships",
    metadata,
    id_column(),
    workspace_column(),
    ref("user_id", "users.id"),
    sa.Column("role", sa.String(16), nullable=False),
    *time_columns(),
    sa.UniqueConstraint("workspace_id", "user_id"),
)
