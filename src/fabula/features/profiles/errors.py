"""What can be wrong with a profile."""

from fabula.core.errors import AppError, Kind
from fabula.core.ids import ProfileId
from fabula.features.profiles.schemas import ProfileOut
from fabula.features.profiles.types import Profile


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
    current: Profile

    @property
    def message(self) -> str:
        return "somebody changed this profile meanwhile; look at the current one and decide again"

    @property
    def details(self) -> dict[str, object]:
        return {"current": ProfileOut.of(self.current).model_dump(mode="json", by_alias=True)}


class PictureTooLarge(AppError):
    kind, code = Kind.TOO_LARGE, "profiles.picture_too_large"
    limit: int

    @property
    def message(self) -> str:
        return f"the picture is larger than {self.limit:,} bytes; make it smaller"


class PictureUnsupported(AppError):
    kind, code = Kind.UNSUPPORTED, "profiles.picture_unsupported"

    @property
    def message(self) -> str:
        return "this is no PNG, JPEG or WebP picture; convert it first"


class PictureUnreadable(AppError):
    """A picture that was stored and cannot be decoded within the limits."""

    kind, code = Kind.INVALID, "profiles.picture_unreadable"
    reason: str

    @property
    def message(self) -> str:
        return f"the picture cannot be decoded: {self.reason}; give the profile another one"


class ThumbnailsFailed(AppError):
    """`reasons` says of each profile why it keeps its large picture only."""

    kind, code = Kind.INVALID, "profiles.thumbnails_failed"
    reasons: dict[ProfileId, str]

    @property
    def message(self) -> str:
        first = next(iter(self.reasons.values()))
        return f"{len(self.reasons)} profile(s) got no small picture and show the large one; the first because {first}"
