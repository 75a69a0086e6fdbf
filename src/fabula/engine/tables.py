"""Tables of the engine: operations (an operation happens once), instances (which processes live), jobs, documents."""

import sqlalchemy as sa

from fabula.db.columns import JsonText, UtcTime
from fabula.db.dialect.fulltext import TokensType
from fabula.db.metadata import IdType, id_column, metadata, time_columns, workspace_column

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

# What people see of a job, and what its handler gets. The library that runs jobs holds only the id and the attempt.
jobs = sa.Table(
    "jobs",
    metadata,
    id_column(),
    workspace_column(),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("payload_json", JsonText, nullable=False),
    sa.Column("actor_json", JsonText, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    # Starts since the last progress: a job that kills its process again and again must not do so for ever.
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("progress_json", JsonText),
    sa.Column("result_json", JsonText),
    sa.Column("error_json", JsonText),
    sa.Column("operation_id", sa.String(200)),
    *time_columns(),
    sa.Index("ix_jobs_workspace_id_id", "workspace_id", "id"),
)

# Which version of the job library has made its own tables here: start-up compares it and loads the library if it differs.
job_library = sa.Table(
    "job_library",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("version", sa.String(64), nullable=False),
)

# What full-text search finds, in the order it came in. On SQLite triggers keep an FTS5 index of `tokens` beside it.
search_documents = sa.Table(
    "search_documents",
    metadata,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    workspace_column(),
    sa.Column("kind", sa.String(16), nullable=False),
    # The message, chat or profile that the text is of.
    sa.Column("id", IdType, nullable=False, unique=True),
    sa.Column("tokens", TokensType, nullable=False),
    sa.Index("ix_search_documents_workspace_id_number", "workspace_id", "number"),
)


def library_runs(schema: str | None) -> sa.Table:
    """The job library's table of runs, for reading only: not in our metadata, and in a schema of its own or in none."""
    return sa.Table(
        "workflow_status",
        sa.MetaData(),
        sa.Column("workflow_uuid", sa.Text, primary_key=True),
        sa.Column("status", sa.Text),
        sa.Column("queue_name", sa.Text),
        sa.Column("executor_id", sa.Text),
        schema=schema,
    )
