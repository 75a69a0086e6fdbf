"""What a prompt is made from and becomes, as plain values. No chat, no database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType

from msgspec import Struct

from fabula.plugins.contracts import ChatMessage, Json

TemplateId = NewType("TemplateId", str)


@dataclass(frozen=True, slots=True)
class Character:
    """The card fields a prompt uses; `spec` is the whole V3 data object, for templates."""

    name: str
    nickname: str = ""
    description: str = ""
    personality: str = ""
    scenario: str = ""
    mes_example: str = ""
    system_prompt: str = ""
    post_history_instructions: str = ""
    version: str = ""
    spec: Mapping[str, Json] = field(default_factory=dict)

    @property
    def display(self) -> str:
        """What `{{char}}` prints: the nickname if there is one (Character Card V3), else the name."""
        return self.nickname or self.name


@dataclass(frozen=True, slots=True)
class Persona:
    """Who the user is in a tale."""

    name: str = "User"
    description: str = ""


@dataclass(frozen=True, slots=True)
class LastMessages:
    """What the last-message macros print. Ids are places in the history; None before there is one, or where unknown."""

    text: str = ""
    user_text: str = ""
    char_text: str = ""
    id: int | None = None
    first_included_id: int | None = None
    swipe: int | None = None  # from 1
    swipes: int | None = None
    user_at: datetime | None = None  # when the user last wrote before the last message; aware


@dataclass(frozen=True, slots=True)
class MacroContext:
    """All that macros can see. The same context, variables and text always give the same result.

    `seed` is what chance follows from; `lasting_seed`, the same through a whole chat, what `{{pick}}` does if it is given.
    `now` is aware; its zone is the one that `{{time}}` and its kin print. `original` is what `{{original}}` splices in:
    the prompt that the text at hand overrides. A macro of what is empty or None because it is unknown stays as text.
    """

    char: Character
    user: Persona
    now: datetime
    seed: str
    group: tuple[str, ...] = ()
    last: LastMessages = LastMessages()
    outlets: Mapping[str, str] = field(default_factory=dict)
    original: str = ""
    summary: str = ""
    user_input: str = ""
    model: str = ""
    max_prompt: int | None = None
    generation_type: str = ""
    lasting_seed: str = ""


class VariableScope(Enum):
    CHAT = "chat"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class VariableChange:
    """One variable's new value."""

    scope: VariableScope
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Variables:
    """Macro variables as stored; expansion reads them and returns its writes as changes."""

    chat: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)

    def apply(self, changes: Iterable[VariableChange]) -> "Variables":
        """Lay `changes` over these, for the next text of the same prompt or for storing."""
        chat, shared = dict(self.chat), dict(self.shared)
        for change in changes:
            (chat if change.scope is VariableScope.CHAT else shared)[change.name] = change.value
        return Variables(chat, shared)


@dataclass(frozen=True, slots=True)
class Expanded:
    """A text whose macros have become values; it must never be expanded again.

    `unknown` holds the names of macros that stayed as text; `hidden_keys` count for lore matching and are not in
    `text`; `comments` are for people only.
    """

    text: str
    changes: tuple[VariableChange, ...] = ()
    unknown: tuple[str, ...] = ()
    hidden_keys: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExampleMessage:
    """One line of an example: `role` is user, assistant, or system for what nobody says."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class ExampleDialogue:
    """One example, kept or dropped whole; of higher priority, kept longer."""

    messages: tuple[ExampleMessage, ...]
    priority: int = 0


class Position(Enum):
    BEFORE_CHAR = "before_char"
    AFTER_CHAR = "after_char"
    EXAMPLES_TOP = "examples_top"
    EXAMPLES_BOTTOM = "examples_bottom"
    NOTE_TOP = "note_top"
    NOTE_BOTTOM = "note_bottom"
    AT_DEPTH = "at_depth"


class TrimReason(Enum):
    BUDGET = "budget"  # did not fit
    WINDOW = "window"  # older than the first message that did not fit


@dataclass(frozen=True, slots=True)
class Insert:
    """A text with a place: lore, the author's note, a depth prompt.

    `depth` counts messages from the end of the history that enters (0 = after the last). In one place lower `order`
    comes first. Of lore, higher `priority` is kept longer.
    """

    origin: str
    role: str
    text: str
    position: Position = Position.AT_DEPTH
    depth: int = 0
    order: int = 0
    priority: int = 0


class HistoryMessage(Struct, frozen=True, gc=False):
    """A message that may enter; `tokens` of its text alone, if known."""

    id: str
    role: str
    text: str
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved text; the best first."""

    origin: str
    text: str


@dataclass(frozen=True, slots=True)
class PromptParts:
    """All that may enter a prompt, macros expanded; history oldest first."""

    system: str
    history: Sequence[HistoryMessage] = ()
    lore: Sequence[Insert] = ()
    examples: Sequence[ExampleDialogue] = ()
    note: Insert | None = None
    depth_prompts: Sequence[Insert] = ()
    passages: Sequence[Passage] = ()
    post_history: str = ""


class Piece(Struct, frozen=True, gc=False):
    """A text that entered, where it came from, and its tokens with its message's share."""

    origin: str
    role: str
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What was left out."""

    origin: str
    tokens: int
    reason: TrimReason


@dataclass(frozen=True, slots=True)
class Prompt:
    """`pieces` in order, and `messages` as sent: neighbours of one role are one message."""

    pieces: tuple[Piece, ...]
    messages: tuple[ChatMessage, ...]
    trimmed: tuple[Trimmed, ...]
    tokens: int
    counter: str


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A stored template. `variables` are defaults of chat variables; they hold until something in the chat sets one."""

    id: TemplateId
    name: str
    enabled: bool
    scope: str
    scope_id: str | None
    engine: str
    text: str
    variables: Mapping[str, str]
    version: int
    created_at: datetime
    updated_at: datetime
