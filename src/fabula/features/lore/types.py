"""Values of the lore engine: books, entries, what is scanned, what fired and why. All immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from fabula.plugins.contracts import Json

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
    group_weight: float = 100
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
    `chat_length` and `assistant_count` count the whole branch, also beyond `messages`. The same `seed` gives the
    same result; pass the generation's id. `opt_in` texts (`persona_description`, `character_description`,
    `character_personality`, `character_depth_prompt`, `scenario`, `creator_notes`) are scanned by entries that
    flag them, `always` texts (an author's note, say) by all. `trigger` is normal, continue, impersonate, swipe,
    regenerate or quiet. `greeting` (0 = first_mes) and `user_icon` are None where unknown.
    """

    messages: tuple[ScanMessage, ...]
    chat_length: int
    assistant_count: int
    seed: str
    opt_in: Mapping[str, str] = field(default_factory=dict, hash=False)
    always: Mapping[str, str] = field(default_factory=dict, hash=False)
    trigger: str = "normal"
    greeting: int | None = None
    user_icon: str | None = None
    include_names: bool = True


@dataclass(frozen=True, slots=True)
class TimedChange:
    """What firing at length `start` of the branch means for later turns. Store it on the variant it caused.

    Sticky while length < `sticky_end`, then on cooldown while length < `cooldown_end`; `matched` is remembered
    for good (`@@keep_activate_after_match`, `@@dont_activate_after_match`). JSON form: `dataclasses.asdict`.
    """

    entry: str
    start: int
    sticky_end: int = 0
    cooldown_end: int = 0
    matched: bool = False


@dataclass(frozen=True, slots=True)
class TimedState:
    """The changes of one branch folded, by entry key; empty for a new chat."""

    effects: Mapping[str, TimedChange] = field(default_factory=dict, hash=False)

    def is_sticky(self, entry: str, length: int) -> bool:
        effect = self.effects.get(entry)
        return effect is not None and length < effect.sticky_end

    def is_cooling(self, entry: str, length: int) -> bool:
        effect = self.effects.get(entry)
        return effect is not None and effect.sticky_end <= length < effect.cooldown_end

    def has_matched(self, entry: str) -> bool:
        effect = self.effects.get(entry)
        return effect is not None and effect.matched


class FiredBy(Enum):
    KEY = "key"
    CONSTANT = "constant"
    DECORATOR = "decorator"  # @@activate
    STICKY = "sticky"
    KEPT = "kept"  # @@keep_activate_after_match


class SkippedBy(Enum):
    """Why an entry that could have fired did not. A key that simply did not occur is not listed."""

    TRIGGER = "trigger"
    CONDITION = "condition"  # a decorator: activate_only_after, _every, is_greeting, is_user_icon, dont_activate
    ALREADY_MATCHED = "already_matched"
    DELAY = "delay"
    COOLDOWN = "cooldown"
    SECONDARY_KEYS = "secondary_keys"  # also additional_keys and exclude_keys
    RECURSION = "recursion"  # waited for a recursion level that did not come
    GROUP = "group"
    PROBABILITY = "probability"
    BUDGET = "budget"


class Source(Enum):
    """Where a key matched: `Match.ref` is the message's id, the text's name, or the entry's key."""

    MESSAGE = "message"
    TEXT = "text"
    ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class Match:
    """One key that occurred, and where: the newest message, or the recursion, that brought it."""

    key: str
    source: Source
    ref: str


@dataclass(frozen=True, slots=True)
class Placement:
    """`depth` and `role` count at `AT_DEPTH` (`role` also where `@@role` set it), `outlet` at `OUTLET`."""

    position: Position
    depth: int
    role: LoreRole
    outlet: str


@dataclass(frozen=True, slots=True)
class Fired:
    """An entry that goes into the prompt. `text` is without decorators, expanded; it may be empty.

    `key` is `<book id>.<entry id>`; `step` is 0, or the recursion step it fired in. `trim_first` asks the prompt
    builder to drop it before anything else when the context is full (`@@ignore_on_max_context`).
    """

    key: str
    entry: LoreEntry
    placement: Placement
    text: str
    tokens: int
    by: FiredBy
    matches: tuple[Match, ...]
    step: int
    trim_first: bool


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that did not make it, and why."""

    key: str
    entry: LoreEntry
    by: SkippedBy
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class LoreResult:
    """One scan, explained. `fired` is in prompt order; `disabled_prompts` are `@@disable_ui_prompt` values."""

    fired: tuple[Fired, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    changes: tuple[TimedChange, ...] = ()
    disabled_prompts: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()

    def at(self, position: Position) -> tuple[Fired, ...]:
        """What goes to `position`, in order, without pieces whose text is empty."""
        return tuple(f for f in self.fired if f.placement.position is position and f.text)
