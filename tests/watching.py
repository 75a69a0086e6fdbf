"""What a test may watch: the statements that go to a database, and how it would answer them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from fabula.db import ReadTx

Statements = list[tuple[str, Any]]


@contextmanager
def recorded() -> Iterator[Statements]:
    """Every statement that is sent meanwhile, with its parameters; hot ones too."""
    sent: Statements = []

    def note(conn: sa.Connection, cursor: object, statement: str, parameters: object, *_: object) -> None:
        sent.append((statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def queries(sent: Statements) -> list[str]:
    """The texts of what reads, without that which sets a transaction up."""
    return [
        text for text, _ in sent if text.lstrip().upper().startswith(("SELECT", "WITH")) and "set_config" not in text
    ]


def plan(tx: ReadTx, sent: Statements) -> list[str]:
    """How the database finds what these statements ask it for, line by line.

    PostgreSQL plans by statistics, and would walk a small table whole: it is told not to sort and not to walk, so what
    it still sorts or walks is what no index can serve.
    """
    explain = "EXPLAIN QUERY PLAN"
    if tx.conn.dialect.name == "postgresql":
        explain = "EXPLAIN"
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            tx.conn.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    found = [row for text, given in sent for row in tx.conn.exec_driver_sql(f"{explain} {text}", given)]
    return [str(row[-1]).strip() for row in found]
