"""What can be wrong with a generation."""

from fabula.core.errors import AppError, Kind


class GenerationNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "generation.not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no generation {self.id!r}"


class GenerationInProgress(AppError):
    kind, code = Kind.CONFLICT, "generation.in_progress"
    generation_id: str

    @property
    def message(self) -> str:
        return "an answer is being written on this branch; wait for it, stop it, or use another branch"


class GenerationInterrupted(AppError):
    kind, code = Kind.UNAVAILABLE, "generation.interrupted"

    @property
    def message(self) -> str:
        return "the server stopped while this answer was being written; what had come is kept and can be continued"


class NotAnAnswer(AppError):
    kind, code = Kind.INVALID, "generation.not_an_answer"
    message_id: str

    @property
    def message(self) -> str:
        return "only an answer of the assistant can be generated again; choose one"


class NothingToContinue(AppError):
    kind, code = Kind.INVALID, "generation.nothing_to_continue"
    branch_id: str

    @property
    def message(self) -> str:
        return "the last message of this branch is not an answer; send a message first"


class NoTurnSource(AppError):
    kind, code = Kind.UNAVAILABLE, "generation.no_turn_source"
    chat_kind: str

    @property
    def message(self) -> str:
        return f"this server cannot answer in chats of kind {self.chat_kind!r}"


class TooManyStreams(AppError):
    kind, code = Kind.LIMITED, "generation.too_many_streams"
    limit: int

    @property
    def message(self) -> str:
        return f"{self.limit} answers are being followed at once, the limit here; close some and try again"


class MessageTooLong(AppError):
    kind, code = Kind.TOO_LARGE, "generation.message_too_long"
    limit: int

    @property
    def message(self) -> str:
        return f"a message may have {self.limit:,} bytes; send it in parts, or as a file"
