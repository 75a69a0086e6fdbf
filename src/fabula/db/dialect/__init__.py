"""The two databases. Everything that differs between them stands here and nowhere else."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class JsonRows(FunctionElement[str]):
    """All rows of a query as one JSON array of arrays, in one row; in no certain order.

    sqlite3 gives the interpreter lock up and takes it again for every row it fetches. Measured with 200 rows in a
    reader thread beside a busy loop: 5.4 ms of CPU a turn as rows, under 1 ms as one.
    """

    name = "json_rows"
    type = sa.Text()
    inherit_cache = True


@compiles(JsonRows, "sqlite")
def _sqlite_rows(element: JsonRows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **kw)}))"


@compiles(JsonRows, "postgresql")
def _postgres_rows(element: JsonRows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"COALESCE(json_agg(json_build_array({compiler.process(element.clauses, **kw)}))::text, '[]')"


def insert_if_absent(table: sa.Table) -> sa.Insert:
    """INSERT … ON CONFLICT DO NOTHING; `rowcount` is 0 when the row was there. SQLite took the syntax over."""
    return postgresql.insert(table).on_conflict_do_nothing()


def upsert(table: sa.Table, key: tuple[str, ...], update: tuple[str, ...]) -> sa.Insert:
    """INSERT … ON CONFLICT (key) DO UPDATE of the columns `update`."""
    statement = postgresql.insert(table)
    return statement.on_conflict_do_update(
        index_elements=[table.c[name] for name in key], set_={name: statement.excluded[name] for name in update}
    )
