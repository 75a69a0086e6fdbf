"""What an import is told of, and what it tells."""

from dataclasses import dataclass
from enum import StrEnum

from fabula.core.ids import ProfileId
from fabula.plugins import Json

JsonObject = dict[str, Json]


class ItemStatus(StrEnum):
    """`SKIPPED` is what nothing was brought in of, by rule and not by a fault; its note says why."""

    CREATED = "created"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"
    FAILED = "failed"


class ItemKind(StrEnum):
    """What an item became; `SETTINGS` stands for the settings file, `FOLDER` for files that nothing here is made of."""

    PROFILE = "profile"
    CHAT = "chat"
    LOREBOOK = "lorebook"
    PERSONA = "persona"
    PRESET = "preset"
    GROUP = "group"
    SETTINGS = "settings"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing repaired, left out or not understood; `path` as in `line 12` or `chat_metadata.main_chat`."""

    code: str
    path: str
    message: str

    def to_json(self) -> JsonObject:
        return {"code": self.code, "path": self.path, "message": self.message}


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one file, or of one thing inside it. `error` is (code, message)."""

    file: str
    kind: ItemKind
    status: ItemStatus
    id: str | None
    name: str | None
    notes: tuple[Note, ...] = ()
    error: tuple[str, str] | None = None

    def to_json(self) -> JsonObject:
        error: Json = None if self.error is None else {"code": self.error[0], "message": self.error[1]}
        return {
            "file": self.file,
            "kind": self.kind.value,
            "status": self.status.value,
            "id": self.id,
            "name": self.name,
            "warnings": [note.to_json() for note in self.notes],
            "error": error,
        }


@dataclass(frozen=True, slots=True)
class Cast:
    """Who speaks in a chat file: the profile a chat is with, and the profiles known by a name that occurs in it."""

    profile: ProfileId | None
    known: tuple[tuple[str, ProfileId], ...] = ()

    def find(self, name: str) -> ProfileId | None:
        return next((profile for known, profile in self.known if known == name), None)


class Notes:
    """Collects notes while a file is read: at most 100, then only a count, so that a report stays small."""

    MOST = 100

    def __init__(self) -> None:
        self._found: list[Note] = []
        self._more = 0

    def add(self, code: str, path: str, message: str) -> None:
        if len(self._found) < self.MOST:
            self._found.append(Note(code, path, message))
        else:
            self._more += 1

    def all(self) -> tuple[Note, ...]:
        if not self._more:
            return tuple(self._found)
        return (*self._found, Note("more_warnings", "", f"{self._more:,} more were left out of this report"))
