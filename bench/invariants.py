"""What must be true of every stored conversation, also after a kill at any instant. Read straight from the tables.

    python -m bench.invariants data/fabula.db        or a postgresql:// address; exits with 1 on any violation

One statement looks at everything, so it sees one snapshot, also of a database that is being written to.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

# Each query gives the ids of rows that break its rule. Plain SQL that both databases read alike.
RULES = {
    "the active branch of a chat is one of its own": """
        SELECT c.id FROM chats c
        LEFT JOIN chat_branches b ON b.id = c.active_branch_id AND b.chat_id = c.id AND b.deleted_at IS NULL
        WHERE b.id IS NULL""",
    "a chat has one main": """
        SELECT c.id FROM chats c
        LEFT JOIN chat_branches b ON b.chat_id = c.id AND b.parent_branch_id IS NULL AND b.deleted_at IS NULL
        GROUP BY c.id HAVING count(b.id) <> 1""",
    "the parent of a branch owns the fork message, and the branch goes on after it": """
        SELECT b.id FROM chat_branches b
        LEFT JOIN chat_messages m
            ON m.id = b.forked_from_message_id AND m.branch_id = b.parent_branch_id AND m.chat_id = b.chat_id
        WHERE CASE WHEN b.parent_branch_id IS NULL THEN b.fork_seq <> -1 OR b.forked_from_message_id IS NOT NULL
                   ELSE m.id IS NULL OR m.seq <> b.fork_seq END""",
    "a pinned variant belongs to the fork message": """
        SELECT b.id FROM chat_branches b
        LEFT JOIN message_variants v ON v.id = b.forked_from_variant_id AND v.message_id = b.forked_from_message_id
        WHERE b.forked_from_variant_id IS NOT NULL AND v.id IS NULL""",
    "seq has no gap and no double, and last_seq is the last": """
        SELECT b.id FROM chat_branches b LEFT JOIN chat_messages m ON m.branch_id = b.id
        GROUP BY b.id, b.fork_seq, b.last_seq
        HAVING count(m.id) <> b.last_seq - b.fork_seq OR count(DISTINCT m.seq) <> count(m.id)
            OR min(m.seq) <> b.fork_seq + 1 OR max(m.seq) <> b.last_seq""",
    "a message lies in a branch of its chat": """
        SELECT m.id FROM chat_messages m JOIN chat_branches b ON b.id = m.branch_id WHERE b.chat_id <> m.chat_id""",
    "the selected variant of a message exists and is its own": """
        SELECT m.id FROM chat_messages m
        LEFT JOIN message_variants v ON v.id = m.selected_variant_id AND v.message_id = m.id
        WHERE v.id IS NULL""",
    "the cache of a message equals its selected variant": """
        SELECT m.id FROM chat_messages m JOIN message_variants v ON v.id = m.selected_variant_id
        WHERE m.prompt_text <> v.prompt_text OR m.state <> v.state
            OR coalesce(m.blocks_json, '') <> coalesce(v.blocks_json, '')""",
    "a text with letters can be found, a turn's own once its answer has ended": """
        SELECT m.id FROM chat_messages m LEFT JOIN search_documents d ON d.id = m.id
        WHERE d.id IS NULL AND m.state <> 'streaming' AND lower(m.prompt_text) <> upper(m.prompt_text)
            AND NOT EXISTS (SELECT 1 FROM llm_generations g WHERE g.user_message_id = m.id AND g.status = 'streaming')""",
    "a streaming variant has a streaming generation": """
        SELECT v.id FROM message_variants v
        LEFT JOIN llm_generations g ON g.variant_id = v.id AND g.status = 'streaming'
        WHERE v.state = 'streaming' AND g.id IS NULL""",
    "a streaming generation has a living owner": """
        SELECT g.id FROM llm_generations g LEFT JOIN instances i ON i.id = g.owner
        WHERE g.status = 'streaming' AND i.id IS NULL""",
    "a generation's variant exists, is its message's, and ended as it did": """
        SELECT g.id FROM llm_generations g
        LEFT JOIN message_variants v ON v.id = g.variant_id AND v.message_id = g.message_id AND v.generation_id = g.id
        WHERE g.variant_id IS NOT NULL AND (v.id IS NULL OR v.state <>
            CASE g.status WHEN 'done' THEN 'settled' WHEN 'aborted' THEN 'settled' ELSE g.status END)""",
    "a pipeline run ends with its generation": """
        SELECT r.id FROM pipeline_runs r JOIN llm_generations g ON g.pipeline_run_id = r.id
        WHERE (r.status = 'running') <> (g.status = 'streaming')""",
    "an operation has one generation": """
        SELECT g.operation_id AS id FROM llm_generations g WHERE g.operation_id IS NOT NULL
        GROUP BY g.workspace_id, g.operation_id HAVING count(*) > 1""",
    "an operation that made a generation is remembered with it": """
        SELECT g.id FROM llm_generations g
        JOIN operations o ON o.workspace_id = g.workspace_id AND o.operation_id = g.operation_id
        WHERE o.state <> 'done' OR o.reference IS NULL OR o.reference <> CAST(g.id AS VARCHAR(64))""",
    "a running operation has a living owner": """
        SELECT o.operation_id AS id FROM operations o LEFT JOIN instances i ON i.id = o.owner
        WHERE o.state = 'running' AND i.id IS NULL""",
}
_ALL = sa.text(
    " UNION ALL ".join(
        f"SELECT {number} AS rule, CAST(broken.id AS VARCHAR(200)) AS id FROM ({query}) broken"
        for number, query in enumerate(RULES.values())
    )
)


def open_engine(where: Path | str) -> sa.Engine:
    """An engine for a SQLite file (a path) or a PostgreSQL database (its address)."""
    if isinstance(where, Path):
        return sa.create_engine(sa.URL.create("sqlite", database=str(where)))
    return sa.create_engine(sa.make_url(where).set(drivername="postgresql+psycopg"))


def find_violations(conn: sa.Connection) -> list[str]:
    """The broken rules, each with the id of a row that breaks it; empty when all is well."""
    rules = list(RULES)
    return [f"not so: {rules[row.rule]} ({row.id})" for row in conn.execute(_ALL)]


_GENERATIONS = sa.text(
    "SELECT CAST(g.id AS VARCHAR(64)) AS id, g.status, v.prompt_text AS text "
    "FROM llm_generations g JOIN message_variants v ON v.id = g.variant_id"
)
_SAID = sa.text("SELECT CAST(id AS VARCHAR(64)) AS id, prompt_text AS text FROM chat_messages WHERE role = 'user'")
_STREAMING = sa.text("SELECT count(*) FROM llm_generations WHERE status = 'streaming'")


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds: generation to (status, text), user message to text, and the broken rules."""

    generations: dict[str, tuple[str, str]]
    said: dict[str, str]
    broken: list[str]


def read_stored(conn: sa.Connection) -> Stored:
    """Everything that a client may have been told of."""
    generations = {row.id: (row.status, row.text) for row in conn.execute(_GENERATIONS)}
    return Stored(generations, {row.id: row.text for row in conn.execute(_SAID)}, find_violations(conn))


def count_streaming(conn: sa.Connection) -> int:
    return int(conn.execute(_STREAMING).scalar_one())


def main() -> int:
    where = sys.argv[1]
    engine = open_engine(where if where.startswith("postgres") else Path(where))
    with engine.connect() as conn:
        found = find_violations(conn)
    engine.dispose()
    print("\n".join(found) or f"all {len(RULES)} rules hold")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
