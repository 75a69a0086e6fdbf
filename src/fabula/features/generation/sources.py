"""What a kind of chat contributes to its turns. Each kind registers one `TurnSource`."""

from dataclasses import dataclass, replace
from typing import Protocol

from fabula.core.actor import Actor
from fabula.core.ids import BranchId
from fabula.db import Database, ReadTx, WriteTx
from fabula.features.connections import Connection
from fabula.features.conversations import Author, Branch, Chat, ChatKind, NewMessage
from fabula.features.generation.errors import NoTurnSource
from fabula.features.generation.types import Started
from fabula.plugins import ChatMessage, Json


@dataclass(frozen=True, slots=True)
class BuiltPrompt:
    """A prompt ready to send. `snapshot` is the JSON that explains it piece by piece; `tokens` is its size."""

    messages: tuple[ChatMessage, ...]
    snapshot: str
    digest: str
    tokens: int
    summary: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a chat: on which branch (None: the active one), before which `seq` (None: at its end)."""

    branch: BranchId | None = None
    upto: int | None = None


@dataclass(frozen=True, slots=True)
class Expanded:
    """A text whose macros are values, and what they did beside: kept in the meta of the variant it becomes."""

    text: str
    effects: dict[str, Json] | None = None


class TurnSource(Protocol):
    """Instructions, history, knowledge and voice of one kind of chat."""

    def speaker(self, tx: WriteTx, actor: Actor, chat: Chat) -> Author:
        """Who will be the author of the answer."""
        ...

    def expand(self, tx: ReadTx, actor: Actor, chat: Chat, text: str, place: Place) -> Expanded:
        """A text posted at `place` with its macros expanded, once."""
        ...

    def gather(self, tx: ReadTx, actor: Actor, started: Started, chat: Chat, branch: Branch, room: int) -> object:
        """Read what the prompt is made from, inside the beginning's own transaction; `room` is the context in tokens.

        A transaction of its own would cost a thread hop on SQLite, and four round trips on PostgreSQL.
        """
        ...

    async def prepare(
        self, db: Database, actor: Actor, started: Started, connection: Connection, material: object
    ) -> BuiltPrompt:
        """Build the prompt from what `gather` read. It must not be kept: it is let go before the answer streams."""
        ...


class TurnSources:
    """The registered sources, by kind of chat."""

    def __init__(self) -> None:
        self._sources: dict[ChatKind, TurnSource] = {}

    def register(self, kind: ChatKind, source: TurnSource) -> None:
        self._sources[kind] = source

    def of(self, kind: ChatKind) -> TurnSource:
        """Raises `NoTurnSource` for a kind nobody registered."""
        if kind not in self._sources:
            raise NoTurnSource(kind.value)
        return self._sources[kind]

    def expand(self, tx: ReadTx, actor: Actor, chat: Chat, draft: NewMessage, branch: BranchId | None) -> NewMessage:
        """Expand a draft's macros, once, as it is stored; the raw text stays beside it."""
        found = self.of(chat.kind).expand(tx, actor, chat, draft.prompt_text, Place(branch))
        if found.text == draft.prompt_text:
            return draft
        return replace(draft, prompt_text=found.text, raw_text=draft.prompt_text, effects=found.effects)
