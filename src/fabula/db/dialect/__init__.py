"""The two databases. Everything that differs between them stands here and nowhere else."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


def insert_if_absent(table: sa.Table) -> sa.Insert:
    """INSERT … ON CONFLICT DO NOTHING; `rowcount` is 0 when the row was there. SQLite took the syntax over."""
    return postgresql.insert(table).on_conflict_do_nothing()


def upsert(table: sa.Table, key: tuple[str, ...], update: tuple[str, ...]) -> sa.Insert:
    """INSERT … ON CONFLICT (key) DO UPDATE of the columns `update`."""
    statement = postgresql.insert(table)
    return statement.on_conflict_do_update(
        index_elements=[table.c[name] for name in key], set_={name: statement.excluded[name] for name in update}
    )
