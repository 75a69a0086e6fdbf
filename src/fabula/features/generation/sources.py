"""What a kind of chat contributes to its turns. Each kind registers one `TurnSource`."""

from dataclasses import dataclass, replace
from typing import Protocol

from fabula.core.actor import Actor
from fabula.db import Database, ReadTx, WriteTx
from fabula.features.connections import Connection
from fabula.features.conversations import Author, Chat, ChatKind, NewMessage
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


class TurnSource(Protocol):
    """Instructions, history, knowledge and voice of one kind of chat."""

    def speaker(self, tx: WriteTx, actor: Actor, chat: Chat) -> Author:
        """Who will be the author of the answer."""
        ...

    def expand(self, tx: ReadTx, actor: Actor, chat: Chat, text: str) -> str:
        """A posted text with its macros expanded, once."""
        ...

    async def prepare(self, db: Database, actor: Actor, started: Started, connection: Connection) -> BuiltPrompt:
        """Build the prompt. It must not be kept: it is let go before the answer streams."""
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

    def expand(self, tx: ReadTx, actor: Actor, chat: Chat, draft: NewMessage) -> NewMessage:
        """Expand a draft's macros, once, as it is stored; the raw text stays beside it."""
        text = self.of(chat.kind).expand(tx, actor, chat, draft.prompt_text)
        return draft if text == draft.prompt_text else replace(draft, prompt_text=text, raw_text=draft.prompt_text)
