"""What the last-message macros print of a history. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fabula.features.conversations import HistoryLine
from fabula.features.prompting import LastMessages

UNSAID = LastMessages()


def last_of(history: Sequence[HistoryLine], newest_at: datetime | None) -> LastMessages:
    """What the last-message macros print after `history`; which of its variants a message shows was not read.

    `newest_at` is when the chat's last message was written.
    """
    if not history:
        return UNSAID

    def newest(role: str) -> str:
        return next((line.text for line in reversed(history) if line.role.value == role), "")

    end = history[-1]
    said = next((line for line in reversed(history[:-1]) if line.role.value == "user"), None)
    user_at = None if said is None else _written_at(said, newest_at)
    return LastMessages(end.text, newest("user"), newest("assistant"), end.seq, history[0].seq, user_at=user_at)


def _written_at(line: HistoryLine, newest_at: datetime | None) -> datetime:
    """When a message was written, without a query: when its id, a UUIDv7, was made.

    An imported message is older than its id. In a chat that nobody went on with, its last message tells about when.
    """
    made = datetime.fromtimestamp(int(line.message_id.replace("-", "")[:12], 16) / 1000, UTC)
    return made if newest_at is None else min(made, newest_at)
