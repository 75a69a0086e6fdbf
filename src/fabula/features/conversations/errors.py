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


class BranchActive(AppError):
    kind, code = Kind.CONFLICT, "conversations.branch_active"
    branch_id: str

    @property
    def message(self) -> str:
        return "the active branch is not deleted; activate another one first"


class BranchHasChildren(AppError):
    kind, code = Kind.CONFLICT, "conversations.branch_has_children"
    branch_id: str

    @property
    def message(self) -> str:
        return "other branches fork from this one; delete them first"


class ParentDeleted(AppError):
    kind, code = Kind.CONFLICT, "conversations.parent_deleted"
    parent_branch_id: str

    @property
    def message(self) -> str:
        return f"this branch forks from branch {self.parent_branch_id!r}, which is deleted; restore that one first"


class VariantInUse(AppError):
    """`reason` is only, streaming or pinned."""

    kind, code = Kind.CONFLICT, "conversations.variant_in_use"
    variant_id: str
    reason: str

    @property
    def message(self) -> str:
        return {
            "only": "a message keeps at least one variant; delete the message instead",
            "streaming": "this variant is being written; stop the generation or wait for it to end",
        }.get(self.reason, "a branch pins this variant; select another one on that branch first")


class ForkInProgress(AppError):
    kind, code = Kind.CONFLICT, "conversations.fork_in_progress"

    @property
    def message(self) -> str:
        return "this operation's first request is still copying the chat; ask again in a moment"

    @property
    def retry_after(self) -> float:
        return 5.0


class VersionConflict(AppError):
    """The caller's copy is old; `current` is the object as it stands."""

    kind, code = Kind.CONFLICT, "conversations.version_conflict"
    current: dict[str, object]

    @property
    def message(self) -> str:
        return "somebody changed this meanwhile; look at the current one and decide again"
