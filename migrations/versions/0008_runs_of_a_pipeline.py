"""Runs by their pipeline; most runs are of the built-in one and have none."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    named = sa.text("pipeline_id IS NOT NULL")
    op.create_index(
        "ix_pipeline_runs_pipeline_id_id",
        "pipeline_runs",
        ["pipeline_id", "id"],
        unique=False,
        sqlite_where=named,
        postgresql_where=named,
    )
