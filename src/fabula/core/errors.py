"""The error tree: a kind (what the caller can do about it), a stable code and typed fields.

`http` maps kinds to status codes; nothing below it knows HTTP. A subclass is made a dataclass by
declaring it, and its fields become `details`:

    class BranchLocked(AppError):
        kind, code = Kind.CONFLICT, "conversations.branch_locked"
        branch: BranchId

        @property
        def message(self) -> str:
            return f"branch {self.branch!r} is active; activate another one first"
"""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, dataclass_transform


class Kind(Enum):
    """What went wrong, in terms of what the caller can do."""

    INVALID = "invalid"  # mend the input
    UNAUTHENTICATED = "unauthenticated"  # sign in
    FORBIDDEN = "forbidden"  # ask for the right
    NOT_FOUND = "not_found"  # absent, or another workspace's: never told apart
    CONFLICT = "conflict"  # read again, then decide
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"  # another media type
    LIMITED = "limited"  # wait
    UPSTREAM = "upstream"  # a model or another server failed
    UNAVAILABLE = "unavailable"  # this server cannot do it now
    INTERNAL = "internal"  # our fault


@dataclass_transform(eq_default=False)
class AppError(Exception):
    """Base of every error a caller may see. `message` says what happened and what to do next.

    Subclasses are not frozen: `contextlib` assigns `__traceback__` to exceptions that pass through it.
    """

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "core.internal"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(eq=False)(cls)

    @property
    def message(self) -> str:
        return "something went wrong here; the trace id leads to it in the log"

    @property
    def details(self) -> dict[str, object] | None:
        """The typed fields, JSON-ready, by their camelCase names; None when there are none."""
        names = getattr(self, "__dataclass_fields__", {})
        return {_camel(name): getattr(self, name) for name in names} or None

    @property
    def retry_after(self) -> float | None:
        """Seconds after which trying again makes sense, if known."""
        return None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


@dataclass(frozen=True)
class FieldProblem:
    """One bad field: `path` as in `body.spec.name` or `data.entries[2].keys`."""

    path: str
    message: str


class InvalidInput(AppError):
    """Input that parsed but means nothing here; each problem names its field."""

    kind, code = Kind.INVALID, "core.invalid_input"
    problems: tuple[FieldProblem, ...]

    @property
    def message(self) -> str:
        return "; ".join(f"{p.path}: {p.message}" for p in self.problems)

    @property
    def details(self) -> dict[str, object] | None:
        return {"problems": [{"path": p.path, "message": p.message} for p in self.problems]}


def invalid(path: str, message: str) -> InvalidInput:
    """One `InvalidInput` about one field."""
    return InvalidInput((FieldProblem(path, message),))


class Forbidden(AppError):
    kind, code = Kind.FORBIDDEN, "core.forbidden"
    scope: str

    @property
    def message(self) -> str:
        return f"this needs the scope {self.scope!r}, which this actor does not have"


class NotFound(AppError):
    """An id that is malformed, absent, or another workspace's: the three look the same outside."""

    kind, code = Kind.NOT_FOUND, "core.not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is nothing here with id {self.id!r}"
