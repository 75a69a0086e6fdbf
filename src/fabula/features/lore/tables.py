"""Lorebooks, their entries, and where they are bound."""

import sqlalchemy as sa

from fabula.db.columns import JsonText
from fabula.db.metadata import id_column, metadata, ref, time_columns, workspace_column

lorebooks = sa.Table(
    "lorebooks",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("name", sa.String(500), nullable=False),
    # The book as its file says it, without its entries: settings are read from here, so unknown fields stay.
    sa.Column("raw_json", JsonText, nullable=False),
    sa.Column("content_hash", sa.String(64)),
    sa.Column("version", sa.Integer, nullable=False),
    *time_columns(),
    sa.Index("ix_lorebooks_workspace_id_id", "workspace_id", "id"),
    sa.Index("ix_lorebooks_workspace_id_content_hash", "workspace_id", "content_hash"),
)

lore_entries = sa.Table(
    "lore_entries",
    metadata,
    id_column(),
    workspace_column(),
    ref("lorebook_id", "lorebooks.id", ondelete="CASCADE"),
    sa.Column("position", sa.Integer, nullable=False),
    # Its name in files that keep entries as an object; NULL where they are a list.
    sa.Column("place", sa.Text),
    sa.Column("insertion_order", sa.Float, nullable=False),
    sa.Column("raw_json", JsonText, nullable=False),
    *time_columns(),
    sa.Index("ix_lore_entries_lorebook_id_insertion_order_id", "lorebook_id", "insertion_order", "id"),
    sa.Index("ix_lore_entries_lorebook_id_position", "lorebook_id", "position"),
)

lore_bindings = sa.Table(
    "lore_bindings",
    metadata,
    id_column(),
    workspace_column(),
    ref("lorebook_id", "lorebooks.id", ondelete="CASCADE"),
    sa.Column("scope", sa.String(32), nullable=False),
    # A chat's, profile's or persona's id: no foreign key, as scopes are an open set; NULL for `global`.
    ref("scope_id", nullable=True),
    *time_columns(),
    sa.Index("ix_lore_bindings_lorebook_id", "lorebook_id"),
    sa.Index("ix_lore_bindings_workspace_id_scope_scope_id", "workspace_id", "scope", "scope_id"),
)
