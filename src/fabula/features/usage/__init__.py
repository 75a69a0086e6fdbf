"""Usage: written in the transaction that makes it true, so that what is counted has happened, once."""

from collections.abc import Sequence

from fabula.core.actor import Actor
from fabula.core.ids import ChatId, GenerationId
from fabula.db import WriteTx
from fabula.features.usage import store
from fabula.features.usage.types import Meter

__all__ = ["Meter", "record"]


def record(
    tx: WriteTx,
    actor: Actor,
    quantities: Sequence[tuple[Meter, int]],
    *,
    model: str | None = None,
    chat: ChatId | None = None,
    generation: GenerationId | None = None,
    operation: str | None = None,
) -> None:
    """Count what was used; zero quantities are left out."""
    counted = [(meter, quantity) for meter, quantity in quantities if quantity]
    if counted:
        store.insert_events(tx, actor.workspace, counted, model, chat, generation, operation)
