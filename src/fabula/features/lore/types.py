"""Values of the lore engine: books, entries, what is scanned, what fired and why. All immutable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType

from fabula.plugins.contracts import Json

LorebookId = NewType("LorebookId", str)
EntryId = NewType("EntryId", str)
BindingId = NewType("BindingId", str)

DEFAULT_SCAN_DEPTH = 2
DEFAULT_BUDGET_SHARE = 0.25
DEFAULT_DEPTH = 4
MAX_RECURSION_STEPS = 10


class Logic(Enum):
    """How secondary keys join in once a primary key matched; values are SillyTavern's `selectiveLogic`."""

    AND_ANY = 0
    NOT_ALL = 1
    NOT_ANY = 2
    AND_ALL = 3


class Position(Enum):
    """Where the text goes. The last three come only from `@@position` and are written out as `AFTER_CHAR`."""

    BEFORE_CHAR = "before_char"
    AFTER_CHAR = "after_char"
    NOTE_TOP = "note_top"
    NOTE_BOTTOM = "note_bottom"
    AT_DEPTH = "at_depth"
    EXAMPLES_TOP = "examples_top"
    EXAMPLES_BOTTOM = "examples_bottom"
    OUTLET = "outlet"
    AFTER_DESCRIPTION = "after_desc"
    PERSONALITY = "personality"
    SCENARIO = "scenario"


class LoreRole(Enum):
    """Who speaks a piece inserted at depth."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class LoreEntry:
    """One entry, as `books` reads it; `id` is unique within its book.

    Times (`sticky`, `cooldown`, `delay`) count messages, 0 = off. `delay_until_recursion` is the recursion
    level the entry waits for, 0 = none. `scan_sources` names texts of `ScanInput.opt_in` it also scans.
    `raw` is the entry as imported: export lays edited fields over it, so unknown fields survive. It is not to
    be mutated. `priority` None means: `insertion_order` decides.
    """

    id: str
    keys: tuple[str, ...] = ()
    secondary_keys: tuple[str, ...] = ()
    selective: bool = False
    logic: Logic = Logic.AND_ANY
    content: str = ""
    name: str = ""
    comment: str = ""
    enabled: bool = True
    constant: bool = False
    insertion_order: float = 100
    priority: float | None = None
    position: Position = Position.BEFORE_CHAR
    depth: int = DEFAULT_DEPTH
    role: LoreRole = LoreRole.SYSTEM
    outlet: str = ""
    use_probability: bool = True
    probability: float = 100
    group: str = ""
    group_weight: int = 100
    group_override: bool = False
    use_group_scoring: bool = False
    scan_depth: int | None = None
    case_sensitive: bool = False
    match_whole_words: bool = False
    use_regex: bool = False
    exclude_recursion: bool = False
    prevent_recursion: bool = False
    delay_until_recursion: int = 0
    sticky: int = 0
    cooldown: int = 0
    delay: int = 0
    ignore_budget: bool = False
    triggers: tuple[str, ...] = ()
    scan_sources: tuple[str, ...] = ()
    raw: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)

    @property
    def extensions(self) -> Mapping[str, Json]:
        """The entry's `extensions` as imported; empty when it had none."""
        found = self.raw.get("extensions")
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Lorebook:
    """Entries and how they are scanned. `token_budget` None = a quarter of the context; `raw` as in `LoreEntry`."""

    id: str = ""
    name: str = ""
    description: str = ""
    scan_depth: int = DEFAULT_SCAN_DEPTH
    token_budget: int | None = None
    recursive: bool = False
    max_recursion_steps: int = MAX_RECURSION_STEPS
    entries: tuple[LoreEntry, ...] = ()
    raw: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class ScanMessage:
    """One message of the history; `id` comes back in the trace, `name` is scanned too (`Alice: Hello`)."""

    id: str
    role: str
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ScanInput:
    """What one scan looks at.

    `messages` are the newest of the branch, newest last: at least the deepest scan depth in use.
    `message_count` and `assistant_count` count what is shown of the whole branch, also beyond `messages`.
    `chat_length` is the place after its newest message, where deleted ones keep theirs: it never goes back. The same `seed` gives the
    same result; pass the generation's id. `opt_in` texts (`persona_description`, `character_description`,
    `character_personality`, `character_depth_prompt`, `scenario`, `creator_notes`) are scanned by entries that
    flag them, `always` texts (an author's note, say) by all. `triggers` are what the turn counts as: normal,
    continue, impersonate, swipe, regenerate, quiet. `greeting` (0 = first_mes) and `user_icon` are None where unknown; an empty `user_icon` says
    that none of the card's is in use.
    """

    messages: tuple[ScanMessage, ...]
    chat_length: int
    message_count: int
    assistant_count: int
    seed: str
    opt_in: Mapping[str, str] = field(default_factory=dict, hash=False)
    always: Mapping[str, str] = field(default_factory=dict, hash=False)
    triggers: frozenset[str] = frozenset({"normal"})
    greeting: int | None = None
    user_icon: str | None = None
    include_names: bool = True


def _keep_nothing() -> None:
    """Nothing was set."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """A text whose macros have become values. `hidden_keys` count for recursion and are not in `text`.

    `keep` makes what the macros set hold for the texts after it. It is called for entries that fire, and only then.
    """

    text: str
    hidden_keys: tuple[str, ...] = ()
    keep: Callable[[], None] = _keep_nothing


@dataclass(frozen=True, slots=True)
class StoredBook:
    """A lorebook of a workspace. `raw` is the book's file without its entries: settings are read from it."""

    id: LorebookId
    name: str
    raw: Mapping[str, Json] = field(hash=False, repr=False)
    entry_count: int
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry of a stored book; `place` is its name in files that keep entries as an object."""

    id: EntryId
    place: str | None
    raw: Mapping[str, Json] = field(hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a book takes part; `scope_id` is None for `global`."""

    id: BindingId
    lorebook_id: LorebookId
    scope: str
    scope_id: str | None
    created_at: datetime
