"""Values that the tests of prompting start from."""

from datetime import UTC, datetime

from fabula.features.prompting import LastMessages, MacroContext, Persona, read_character
from fabula.plugins.contracts import Json

CARD: dict[str, Json] = {
    "name": "Alice Liddell",
    "nickname": "Alice",
    "description": "A curious girl.",
    "personality": "polite",
    "scenario": "Down the hole.",
    "mes_example": "<START>",
    "system_prompt": "Be Alice.",
    "post_history_instructions": "Stay small.",
    "character_version": "1.2",
    "extensions": {"depth": 7},
    "tags": ["classic", "tale"],
}
NOW = datetime(2026, 3, 4, 15, 6, 7, tzinfo=UTC)
LAST = LastMessages(
    text="Who are you?",
    user_text="Off with it",
    char_text="I hardly know",
    id=9,
    first_included_id=2,
    swipe=3,
    swipes=4,
    user_at=datetime(2026, 3, 4, 13, 6, 7, tzinfo=UTC),
)


def macro_context(**changes: object) -> MacroContext:
    """A context in which every macro has something to print."""
    values: dict[str, object] = {
        "char": read_character(CARD),
        "user": Persona("Bob", "A hatter."),
        "now": NOW,
        "seed": "seed-1",
        "last": LAST,
        "outlets": {"Map": "North is up."},
        "original": "Ours.",
        "summary": "So far.",
        "user_input": "typed",
        "model": "tiny-1",
        "max_prompt": 4096,
        "generation_type": "swipe",
        **changes,
    }
    return MacroContext(**values)  # type: ignore[arg-type]  # a test names the fields it changes
