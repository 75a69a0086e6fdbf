"""What can be wrong with a file that is brought in."""

from fabula.core.errors import AppError, Kind


class NotAChat(AppError):
    kind, code = Kind.INVALID, "transfer.not_a_chat"

    @property
    def message(self) -> str:
        return "no line of this file is a chat message or a chat header; give a SillyTavern chat (.jsonl)"


class CharacterUnknown(AppError):
    kind, code = Kind.INVALID, "transfer.character_unknown"
    name: str

    @property
    def message(self) -> str:
        if not self.name:
            return "the file does not say whom the chat is with; name the profile by entityProfileId"
        return f"there is no profile named {self.name!r}; import its card first, or name a profile by entityProfileId"


class FileTooLarge(AppError):
    kind, code = Kind.TOO_LARGE, "transfer.file_too_large"
    file: str
    limit: int

    @property
    def message(self) -> str:
        return f"{self.file!r} is larger than {self.limit:,} bytes, the limit for files of its kind"


class ArchiveTooLarge(AppError):
    kind, code = Kind.TOO_LARGE, "transfer.archive_too_large"
    what: str
    limit: int

    @property
    def message(self) -> str:
        return f"{self.what} is more than {self.limit:,}, the limit here; bring it in in parts"


class ArchiveUnreadable(AppError):
    kind, code = Kind.INVALID, "transfer.archive_unreadable"
    reason: str

    @property
    def message(self) -> str:
        return f"the archive cannot be read: {self.reason}"


class NothingFound(AppError):
    kind, code = Kind.INVALID, "transfer.nothing_found"

    @property
    def message(self) -> str:
        return "no SillyTavern data here; give the user's folder, the one that holds characters/ and chats/"


class FileGone(AppError):
    kind, code = Kind.NOT_FOUND, "transfer.file_gone"
    file: str

    @property
    def message(self) -> str:
        return f"{self.file!r} was there when the import began and cannot be read any more"


class ImportInProgress(AppError):
    kind, code = Kind.CONFLICT, "transfer.in_progress"

    @property
    def message(self) -> str:
        return "this operation's first request is still importing; ask again in a moment"

    @property
    def retry_after(self) -> float:
        return 5.0


class ChatMoved(AppError):
    kind, code = Kind.CONFLICT, "transfer.chat_moved"
    chat: str

    @property
    def message(self) -> str:
        return f"somebody writes in the chat {self.chat!r} that this file goes on from; import it again when they pause"
