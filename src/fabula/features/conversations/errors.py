"""What can be wrong with a conversation."""

from fabula.core.errors import AppError, Kind


class ChatNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "conversations.chat_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no chat {self.id!r}"


class BranchNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "conversations.branch_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no branch {self.id!r} in this chat"


class MessageNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "conversations.message_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no message {self.id!r}"


class VariantNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "conversations.variant_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"this message has no variant {self.id!r}"


class MessageStreaming(AppError):
    kind, code = Kind.CONFLICT, "conversations.message_streaming"
    message_id: str

    @property
    def message(self) -> str:
        return "this message is being written; stop the generation or wait for it to end"


class VersionConflict(AppError):
    """The caller's copy is old; `current` is the object as it stands."""

    kind, code = Kind.CONFLICT, "conversations.version_conflict"
    current: dict[str, object]

    @property
    def message(self) -> str:
        return "somebody changed this meanwhile; look at the current one and decide again"
