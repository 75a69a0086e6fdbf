"""Why a card file is refused. Messages name places in the file, never its text."""

from fabula.core.errors import AppError, Kind


class CardError(AppError):
    """Base of all refusals of the card codec."""

    kind, code = Kind.INVALID, "cards.invalid"


class NotACard(CardError):
    """The file can be read, and is something else."""

    code = "cards.not_a_card"
    reason: str

    @property
    def message(self) -> str:
        return f"this is not a character card: {self.reason}"


class NoCardInside(CardError):
    """A picture or archive of the right kind that carries no card."""

    code = "cards.no_card"
    container: str

    @property
    def message(self) -> str:
        return (
            f"this {self.container} carries no character card; sites and chat programs that re-encode pictures strip it,"
            " so download the original file"
        )


class NotALorebook(CardError):
    code = "cards.not_a_lorebook"
    reason: str

    @property
    def message(self) -> str:
        return f"this is not a lorebook: {self.reason}; give a SillyTavern world-info or a V3 lorebook file"


class CardCut(CardError):
    """The file ends before the card does."""

    code = "cards.cut"
    place: str

    @property
    def message(self) -> str:
        return f"the file ends inside {self.place}: the download was cut; download it again"


class CardDamaged(CardError):
    """The card is there and cannot be decoded."""

    code = "cards.damaged"
    place: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.place} is damaged: {self.reason}; export the card again where it was made"


class CardTooLarge(CardError):
    kind, code = Kind.TOO_LARGE, "cards.too_large"
    part: str
    limit: int

    @property
    def message(self) -> str:
        return f"{self.part} is over the limit of {self.limit}; make the card smaller, or ask for a higher limit"


class CardEncrypted(CardError):
    code = "cards.encrypted"
    place: str

    @property
    def message(self) -> str:
        return f"{self.place} is encrypted; export the card without encryption in the program that made it"


class UnsafeArchive(CardError):
    code = "cards.unsafe_path"
    path: str

    @property
    def message(self) -> str:
        return f"the archive holds the path {self.path!r}, which leaves its folder; do not trust this file"


class AvatarNotPng(CardError):
    code = "cards.avatar_not_png"

    @property
    def message(self) -> str:
        return "a PNG card needs a PNG picture; convert the avatar first"
