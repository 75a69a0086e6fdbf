"""The snapshot of a prompt stands beside its generation, whose row changes again when the answer ends.

On SQLite a changed row is written whole: most of what a turn wrote was its prompt, for the second time.
"""

import sqlalchemy as sa
from alembic import op

from fabula.db.columns import UtcTime
from fabula.db.metadata import IdType

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOVE = """
    INSERT INTO generation_prompts (generation_id, workspace_id, snapshot, created_at, updated_at)
    SELECT id, workspace_id, prompt_snapshot, created_at, updated_at FROM llm_generations
    WHERE prompt_snapshot IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "generation_prompts",
        sa.Column("generation_id", IdType, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["llm_generations.id"],
            name="fk_generation_prompts_generation_id_llm_generations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_generation_prompts_workspace_id_workspaces"
        ),
        sa.PrimaryKeyConstraint("generation_id", name="pk_generation_prompts"),
    )
    op.execute(_MOVE)
    op.drop_column("llm_generations", "prompt_snapshot")
