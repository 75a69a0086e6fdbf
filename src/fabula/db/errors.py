"""What can go wrong beneath a transaction. In every case nothing of it was written."""

from fabula.core.errors import AppError, Kind


class DatabaseUnavailable(AppError):
    kind, code = Kind.UNAVAILABLE, "db.unavailable"

    @property
    def message(self) -> str:
        return "the database does not answer; nothing was changed, try again in a moment"

    @property
    def retry_after(self) -> float:
        return 2.0


class DatabaseBusy(AppError):
    kind, code = Kind.UNAVAILABLE, "db.busy"

    @property
    def message(self) -> str:
        return "others are writing to the database; nothing was changed, try again in a moment"

    @property
    def retry_after(self) -> float:
        return 2.0


class DatabaseFull(AppError):
    kind, code = Kind.UNAVAILABLE, "db.full"

    @property
    def message(self) -> str:
        return "the disk that holds the database is full; nothing was changed, free some space and try again"

    @property
    def retry_after(self) -> float:
        return 30.0


class SchemaOutdated(AppError):
    kind, code = Kind.UNAVAILABLE, "db.schema_outdated"
    found: str | None
    wanted: str

    @property
    def message(self) -> str:
        return (
            f"the database is at revision {self.found!r}, this version needs {self.wanted!r}; "
            "run `fabula db migrate` (make a backup first: `fabula db backup`)"
        )
