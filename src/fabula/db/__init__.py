"""The database: one transaction is one synchronous function, run whole on SQLite or PostgreSQL alike."""

from fabula.db.database import Database
from fabula.db.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable, SchemaOutdated
from fabula.db.tx import Event, ReadTx, WriteTx

__all__ = [
    "Database",
    "DatabaseBusy",
    "DatabaseFull",
    "DatabaseUnavailable",
    "Event",
    "ReadTx",
    "SchemaOutdated",
    "WriteTx",
]
