"""What can be wrong with a profile."""

from fabula.core.errors import AppError, Kind


class ProfileNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "profiles.not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no entity profile {self.id!r}"


class AvatarNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "profiles.avatar_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"the entity profile {self.id!r} has no picture"


class VersionConflict(AppError):
    kind, code = Kind.CONFLICT, "profiles.version_conflict"
    current: dict[str, object]

    @property
    def message(self) -> str:
        return "somebody changed this profile meanwhile; look at the current one and decide again"
