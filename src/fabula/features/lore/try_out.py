"""What trying lore out answers, and who can do it: chats stand above this slice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fabula.core.actor import Actor
from fabula.core.ids import ChatId
from fabula.db import Database
from fabula.features.lore.types import LorebookId
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class TriedOut:
    """`lore` is what a trace would say of it; nothing was stored."""

    lore: list[dict[str, Json]]
    warnings: tuple[str, ...]


class TryOut(Protocol):
    """Scans `text`, or what the chat's next turn would scan.

    Without `books`: those bound to the chat, or, with a text alone, all of the workspace. Raises not-found errors.
    """

    async def __call__(
        self, db: Database, actor: Actor, text: str | None, chat: ChatId | None, books: Sequence[LorebookId] | None
    ) -> TriedOut: ...
