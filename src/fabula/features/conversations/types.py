"""What a conversation is made of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from fabula.core.ids import BranchId, ChatId, GenerationId, MessageId, ProfileId, VariantId
from fabula.plugins import Json


class ChatKind(StrEnum):
    TALE = "tale"
    BOT = "bot"
    TRACK = "track"
    PARTY = "party"


class ChatStatus(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"
    IMPORTING = "importing"
    DELETED = "deleted"


class MessageRole(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    TOOL = "tool"


class VariantKind(StrEnum):
    GENERATION = "generation"
    MANUAL_EDIT = "manual_edit"
    IMPORT = "import"
    GREETING = "greeting"


class TextState(StrEnum):
    """Of a message and of a variant. Done and aborted answers are both `settled`."""

    STREAMING = "streaming"
    SETTLED = "settled"
    INTERRUPTED = "interrupted"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message: `kind` is user, entity_profile, system, …; `id` may be unknown."""

    kind: str
    id: str | None
    name: str

    def to_json(self) -> dict[str, Json]:
        return {"kind": self.kind, "id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a copied chat was taken from; these may be gone by now."""

    chat_id: ChatId
    branch_id: BranchId
    message_id: MessageId | None


@dataclass(frozen=True, slots=True)
class Chat:
    id: ChatId
    kind: ChatKind
    entity_profile_id: ProfileId | None
    title: str
    active_branch_id: BranchId
    status: ChatStatus
    settings: dict[str, Json]
    version: int
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime | None
    last_message_preview: str | None
    # What lies under its own settings, the profile's before the workspace's. Read with a single chat, not in lists.
    inherited: tuple[dict[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of history. Its own messages have `seq > fork_seq`; the rest are its ancestors'."""

    id: BranchId
    chat_id: ChatId
    title: str
    parent_branch_id: BranchId | None
    forked_from_message_id: MessageId | None
    forked_from_variant_id: VariantId | None
    fork_seq: int
    last_seq: int
    is_active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A message as one branch shows it: text and variant are the pinned ones where the branch pins."""

    id: MessageId
    chat_id: ChatId
    branch_id: BranchId
    seq: int
    role: MessageRole
    author: Author
    prompt_text: str
    reasoning: str
    format: str
    blocks: list[dict[str, Json]] | None
    selected_variant_id: VariantId
    variant_count: int
    state: TextState
    generation_id: GenerationId | None
    hidden: bool
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Variant:
    id: VariantId
    message_id: MessageId
    kind: VariantKind
    prompt_text: str
    reasoning: str
    blocks: list[dict[str, Json]] | None
    meta: dict[str, Json] | None
    is_selected: bool
    state: TextState
    generation_id: GenerationId | None
    created_at: datetime


class HistoryLine(Struct, frozen=True, array_like=True, gc=False):
    """One message as a prompt sees it.

    A struct, for a turn reads hundreds: decoded from the database's one JSON row without a line of Python each.
    """

    message_id: MessageId
    variant_id: VariantId
    seq: int
    role: MessageRole
    text: str
    author_json: str | None = None

    @property
    def name(self) -> str:
        """Who speaks, where that was read; decoded when asked, for few ask and a window has hundreds."""
        assert self.author_json is not None, "the history was read without names"
        return str(json.loads(self.author_json)["name"])


@dataclass(frozen=True, slots=True)
class Pin:
    """The variant that `branch_id` shows of the message it forks from, whatever is selected there."""

    branch_id: BranchId
    message_id: MessageId
    variant_id: VariantId


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of history that one branch owns: `after < seq <= upto`; `pin` is shown at `upto`, if set."""

    branch_id: BranchId
    after: int
    upto: int
    pin: Pin | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as a branch shows it, and the pin that makes it so; without one it follows the selection."""

    message: Message
    pin: Pin | None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a caller posts; `raw_text` keeps the text before macros where they changed it, `effects` what they did, and
    `notices` are blocks that tell people of them.
    """

    role: MessageRole
    prompt_text: str
    author: Author
    blocks: list[dict[str, Json]] | None = None
    raw_text: str | None = None
    effects: dict[str, Json] | None = None
    notices: Sequence[dict[str, Json]] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found, and why: `ranges` of the excerpt are [start, end) in UTF-16 units."""

    type: str
    id: str
    chat_id: ChatId | None
    branch_id: BranchId | None
    message_id: MessageId | None
    excerpt: str
    ranges: tuple[tuple[int, int], ...]
