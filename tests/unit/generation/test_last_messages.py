"""What the last-message macros of a turn print, from the history that it reads anyway."""

from datetime import UTC, datetime, timedelta

from fabula.core.ids import MessageId, VariantId
from fabula.features.conversations import HistoryLine, MessageRole
from fabula.features.generation.tale.last import last_of
from fabula.features.prompting import LastMessages

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def line(seq: int, role: MessageRole, at: datetime = NOON) -> HistoryLine:
    millis = f"{int(at.timestamp() * 1000):012x}"
    made = MessageId(f"{millis[:8]}-{millis[8:]}-7000-8000-00000000000{seq}")
    return HistoryLine(made, VariantId(""), seq, role, f"text {seq}")


def test_an_empty_history_has_no_last_messages() -> None:
    assert last_of([], None) == LastMessages()


def test_idle_time_is_since_the_user_wrote_before_the_last_message() -> None:
    user, model = MessageRole.USER, MessageRole.ASSISTANT
    history = [line(3, user), line(4, model), line(5, user, NOON + timedelta(hours=2))]
    found = last_of(history, NOON + timedelta(hours=2))
    assert (found.text, found.user_text, found.char_text) == ("text 5", "text 5", "text 4")
    assert (found.id, found.first_included_id, found.user_at) == (5, 3, NOON)
    assert last_of(history[1:], None).user_at is None


def test_an_imported_message_is_no_younger_than_its_chat() -> None:
    history = [line(1, MessageRole.USER), line(2, MessageRole.ASSISTANT)]
    assert last_of(history, NOON - timedelta(days=9)).user_at == NOON - timedelta(days=9)
