"""What can be wrong with a lorebook."""

from fabula.core.errors import AppError, Kind


class LorebookNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "lore.book_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no lorebook {self.id!r}"


class EntryNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "lore.entry_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"this lorebook has no entry {self.id!r}"


class BindingNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "lore.binding_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"this lorebook has no binding {self.id!r}"


class LorebookVersionConflict(AppError):
    """The caller's copy is old; `current` is the book as it stands."""

    kind, code = Kind.CONFLICT, "lore.version_conflict"
    current: dict[str, object]

    @property
    def message(self) -> str:
        return "somebody changed this lorebook meanwhile; look at the current one and decide again"
