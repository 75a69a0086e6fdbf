"""Optimistic versions: a caller who says which version was read is told when it is old."""

from fabula.features.conversations.errors import VersionConflict
from fabula.features.conversations.schemas import ChatOut, MessageOut
from fabula.features.conversations.types import Chat, Message


def check_version(current: Chat | Message, expected: int | None) -> None:
    """Raise `VersionConflict`, with the object as the API shows it, unless `expected` is None or its version."""
    if expected is None or expected == current.version:
        return
    shown = ChatOut.of(current) if isinstance(current, Chat) else MessageOut.of(current)
    raise VersionConflict(shown.model_dump(mode="json", by_alias=True))
