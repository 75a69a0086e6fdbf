"""What a kind of chat contributes to its turns. Each kind registers one `TurnSource`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from fabula.core.actor import Actor
from fabula.core.ids import BranchId
from fabula.db import Database, ReadTx, WriteTx
from fabula.features.connections import Connection
from fabula.features.conversations import Author, Branch, Chat, ChatKind, NewMessage
from fabula.features.generation.errors import NoTurnSource
from fabula.features.generation.pipelines import PipelineId, StepKinds, built_in
from fabula.features.generation.types import Started
from fabula.features.prompting import TemplateContext
from fabula.plugins import ChatMessage, FoundMessage, Json, LeftMessage, PromptPiece


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a prompt is what it is: `snapshot` is JSON, piece by piece; `summary` the output of the prompt step."""

    snapshot: str
    digest: str
    summary: dict[str, Json]


@dataclass(frozen=True, slots=True)
class BuiltPrompt:
    """A prompt ready to send; `tokens` is its size. It is explained when it has been sent: the model need not wait.

    `keep` stores what building it did beside, together with the explanation.
    """

    messages: tuple[ChatMessage, ...]
    tokens: int
    explain: Callable[[], Explanation]
    keep: Callable[[WriteTx, Actor], None] | None = None


@dataclass(frozen=True, slots=True)
class Additions:
    """What the steps of a pipeline give a prompt, each with the name of its step."""

    variables: Mapping[str, str] = field(default_factory=dict)
    pieces: tuple[tuple[str, PromptPiece], ...] = ()
    passages: tuple[tuple[str, str], ...] = ()
    found: tuple[tuple[str, FoundMessage], ...] = ()


NOTHING = Additions()


@dataclass(frozen=True, slots=True)
class Bound:
    """A pipeline that settings name. `definition` is its JSON; None where it is gone or switched off."""

    id: PipelineId
    definition: str | None


class Stage(Protocol):
    """What a source lends the steps of a pipeline. It holds the material: it must not be kept while the answer streams."""

    @property
    def pipeline(self) -> Bound: ...

    @property
    def message(self) -> str:
        """What the user said last."""
        ...

    @property
    def remembered(self) -> Mapping[str, Json]:
        """What steps remembered on this line of the history, by their names."""
        ...

    def context(self) -> TemplateContext:
        """What Liquid sees beside the run."""
        ...

    async def left(self, after: int, reserve: int) -> Sequence[LeftMessage]:
        """See `StepContext.left`."""
        ...

    async def recall(self, query: str, limit: int) -> Sequence[FoundMessage]:
        """See `StepContext.recall`."""
        ...

    async def remember(self, memories: Mapping[str, Json]) -> None:
        """Keep what steps want to be given again, by their names."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a chat: on which branch (None: the active one), before which `seq` (None: at its end)."""

    branch: BranchId | None = None
    upto: int | None = None


@dataclass(frozen=True, slots=True)
class Expanded:
    """A text whose macros are values, and what they did beside: kept in the meta of the variant it becomes.

    `notices` are blocks that tell people of macros that stayed as text, and what in the text is for people alone.
    """

    text: str
    effects: dict[str, Json] | None = None
    notices: Sequence[dict[str, Json]] = ()


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

    def stage(
        self, db: Database, actor: Actor, started: Started, connection: Connection, material: object
    ) -> Stage | None:
        """Where the steps of the bound pipeline are performed; None for the default one."""
        ...

    async def prepare(
        self,
        db: Database,
        actor: Actor,
        started: Started,
        connection: Connection,
        material: object,
        additions: Additions = NOTHING,
    ) -> BuiltPrompt:
        """Build the prompt from what `gather` read. It must not be kept: it is let go before the answer streams.

        Nothing is written: the beginning of the turn may not be committed yet.
        """
        ...


class TurnSources:
    """The registered sources, by kind of chat; and `kinds`, the steps that pipelines may have in any of them."""

    def __init__(self, kinds: StepKinds | None = None) -> None:
        self._sources: dict[ChatKind, TurnSource] = {}
        self.kinds = built_in() if kinds is None else kinds

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
        raw = None if found.text == draft.prompt_text else draft.prompt_text
        return replace(draft, prompt_text=found.text, raw_text=raw, effects=found.effects, notices=found.notices)
