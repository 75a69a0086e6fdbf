"""The one MetaData, and the columns every table shares."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from fabula.db.columns import UtcTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# Text on SQLite, where a UUID has no type of its own; 16 bytes on PostgreSQL. A `str` in Python on both.
IdType = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def id_column() -> sa.Column[str]:
    return sa.Column("id", IdType, primary_key=True)


def ref(name: str, target: str | None = None, *, nullable: bool = False, ondelete: str | None = None) -> sa.Column[str]:
    """A column that holds another row's id, with a foreign key when `target` is given."""
    keys = [sa.ForeignKey(target, ondelete=ondelete)] if target else []
    return sa.Column(name, IdType, *keys, nullable=nullable)


def workspace_column() -> sa.Column[str]:
    return sa.Column("workspace_id", IdType, sa.ForeignKey("workspaces.id"), nullable=False)


def time_columns() -> tuple[sa.Column[object], sa.Column[object]]:
    return (
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
    )
