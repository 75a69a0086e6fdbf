"""What a scan answers: what fired, where it goes, which key brought it, and what was left out and why."""

from dataclasses import dataclass
from enum import Enum

from fabula.features.lore.timed import TimedChange
from fabula.features.lore.types import LoreEntry, LoreRole, Position


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
