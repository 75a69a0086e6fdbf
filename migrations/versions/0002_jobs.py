"""Jobs, and the version of the library that runs them."""

import sqlalchemy as sa
from alembic import op

from fabula.db.columns import JsonText, UtcTime
from fabula.db.metadata import IdType

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_library",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_job_library"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("payload_json", JsonText(), nullable=False),
        sa.Column("actor_json", JsonText(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("progress_json", JsonText(), nullable=True),
        sa.Column("result_json", JsonText(), nullable=True),
        sa.Column("error_json", JsonText(), nullable=True),
        sa.Column("operation_id", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_jobs_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_workspace_id_id", "jobs", ["workspace_id", "id"], unique=False)
