"""The documents that full-text search finds; on SQLite, their index."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from fabula.db.metadata import IdType

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TOKENS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
# An index without a copy of the text: it reads `tokens` where they are. The triggers keep it true, also for deletes
# by cascade. The tokens come ready-made, so the tokenizer only has to split them at spaces.
_SQLITE = (
    """CREATE VIRTUAL TABLE search_index USING fts5(
        tokens, content='search_documents', content_rowid='number', tokenize='ascii')""",
    """CREATE TRIGGER search_documents_added AFTER INSERT ON search_documents BEGIN
        INSERT INTO search_index(rowid, tokens) VALUES (new.number, new.tokens); END""",
    """CREATE TRIGGER search_documents_removed AFTER DELETE ON search_documents BEGIN
        INSERT INTO search_index(search_index, rowid, tokens) VALUES ('delete', old.number, old.tokens); END""",
    """CREATE TRIGGER search_documents_changed AFTER UPDATE OF tokens ON search_documents
        WHEN old.tokens <> new.tokens BEGIN
        INSERT INTO search_index(search_index, rowid, tokens) VALUES ('delete', old.number, old.tokens);
        INSERT INTO search_index(rowid, tokens) VALUES (new.number, new.tokens); END""",
)
# The tokens stand beside the rows, not in them: a word in a tenth of all documents then reads a small table to sort
# its hits. A short pending list: a long one is written out by whoever fills it, in the middle of a turn.
_POSTGRES = (
    "ALTER TABLE search_documents SET (toast_tuple_target = 128)",
    # Without statistics a query counts as rare, and the planner takes the index: reading all tokens is far dearer
    # than it thinks. Frequent words are found otherwise.
    "ALTER TABLE search_documents ALTER COLUMN tokens SET STATISTICS 0",
    "CREATE INDEX ix_search_documents_tokens ON search_documents USING gin (tokens) WITH (gin_pending_list_limit = 256)",
)


def upgrade() -> None:
    op.create_table(
        "search_documents",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("workspace_id", IdType, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("id", IdType, nullable=False),
        sa.Column("tokens", _TOKENS, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_search_documents_workspace_id"),
        sa.PrimaryKeyConstraint("number", name="pk_search_documents"),
        sa.UniqueConstraint("id", name="uq_search_documents_id"),
    )
    op.create_index(
        "ix_search_documents_workspace_id_number", "search_documents", ["workspace_id", "number"], unique=False
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)
