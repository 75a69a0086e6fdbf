"""What a workspace binds for all its chats, and the version of its row."""

import sqlalchemy as sa
from alembic import op

from fabula.db.columns import JsonText

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("settings_json", JsonText(), nullable=False, server_default="{}"))
    op.add_column("workspaces", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
