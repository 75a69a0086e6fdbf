"""Tables of the engine: operations (an operation happens once) and instances (which processes live)."""

import sqlalchemy as sa

from fabula.db.columns import UtcTime
from fabula.db.metadata import IdType, metadata

operations = sa.Table(
    "operations",
    metadata,
    sa.Column("workspace_id", IdType, sa.ForeignKey("workspaces.id"), primary_key=True),
    sa.Column("operation_id", sa.String(200), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("owner", IdType, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("answer_status", sa.Integer),
    sa.Column("answer_body", sa.Text),
    sa.Column("reference", sa.String(64)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Index("ix_operations_created_at", "created_at"),
)

# Not a tenant table: a process serves every workspace. Its heartbeat is also the lease of all it owns.
instances = sa.Table(
    "instances",
    metadata,
    sa.Column("id", IdType, primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("heartbeat_at", UtcTime, nullable=False),
)

# A named piece of work that one process at a time may do; free again when it expires.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", IdType, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
)
