"""What can be wrong with a persona."""

from fabula.core.errors import AppError, Kind


class PersonaNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "personas.not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no persona {self.id!r}"


class PersonaHasNoAvatar(AppError):
    kind, code = Kind.NOT_FOUND, "personas.avatar_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"the persona {self.id!r} has no picture"


class NotAPicture(AppError):
    kind, code = Kind.UNSUPPORTED, "personas.not_a_picture"

    @property
    def message(self) -> str:
        return "this file is no picture; give a PNG, JPEG, WebP or GIF"
