"""Decisions about one entry that look at no text: may it fire, must it, where does it go, who goes first."""

from dataclasses import dataclass
from hashlib import blake2b

from fabula.features.lore.decorators import NONE, Decorators
from fabula.features.lore.keys import Key
from fabula.features.lore.timed import TimedState
from fabula.features.lore.trace import FiredBy, Match, Placement, SkippedBy
from fabula.features.lore.types import Lorebook, LoreEntry, LoreRole, Position, ScanInput

_POSITIONS = {
    "before_desc": Position.BEFORE_CHAR,
    "after_desc": Position.AFTER_DESCRIPTION,
    "personality": Position.PERSONALITY,
    "scenario": Position.SCENARIO,
}
PROMPT_ORDER = {position: place for place, position in enumerate(Position)}


@dataclass(slots=True, eq=False)
class Candidate:
    """An enabled entry made ready for one scan; never changed, and not frozen only because thousands are made.

    `place` is (number of its book, number in the book); `window` what it looks at: scan depth and opt-in texts.
    """

    key: str
    entry: LoreEntry
    book: Lorebook
    place: tuple[int, int]
    window: tuple[int, tuple[str, ...]]
    decorators: Decorators
    body: str
    primary: tuple[Key, ...]
    secondary: tuple[Key, ...]
    additional: tuple[tuple[Key, ...], ...]
    excluded: tuple[Key, ...]

    @property
    def is_plain(self) -> bool:
        """Nothing but keys decides: the common case, told apart because a book may have thousands of these."""
        return self.decorators is NONE and not self.entry.triggers and not self.entry.delay


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """A candidate that is to fire, unless its group, the dice or the budget decide otherwise."""

    candidate: Candidate
    by: FiredBy
    matches: tuple[Match, ...] = ()


def judge(candidate: Candidate, scan: ScanInput, state: TimedState) -> FiredBy | SkippedBy | None:
    """Decide what needs no text: fires anyhow, cannot fire, or None: the keys decide.

    `@@activate` and `@@keep_activate_after_match` hold in any case, so they come before every condition but the
    entry's own "never again"; stickiness comes before cooldown, which begins when it ends.
    """
    if candidate.is_plain and candidate.key not in state.effects:
        return None
    entry, lines, key, length = candidate.entry, candidate.decorators, candidate.key, scan.chat_length
    matched = state.has_matched(key)
    verdicts: tuple[tuple[bool, FiredBy | SkippedBy], ...] = (
        (bool(entry.triggers) and scan.triggers.isdisjoint(entry.triggers), SkippedBy.TRIGGER),
        (matched and lines.has("dont_activate_after_match"), SkippedBy.ALREADY_MATCHED),
        (lines.has("activate"), FiredBy.DECORATOR),
        (matched and lines.has("keep_activate_after_match"), FiredBy.KEPT),
        (lines.has("dont_activate") or not meets_conditions(lines, scan), SkippedBy.CONDITION),
        (scan.message_count < entry.delay, SkippedBy.DELAY),
        (state.is_sticky(key, length), FiredBy.STICKY),
        (state.is_cooling(key, length), SkippedBy.COOLDOWN),
    )
    return next((verdict for holds, verdict in verdicts if holds), None)


def meets_conditions(lines: Decorators, scan: ScanInput) -> bool:
    """Check the decorators that ask about the chat; both counts are of the assistant's messages."""
    if scan.assistant_count < lines.number("activate_only_after", 0):
        return False
    if scan.assistant_count % lines.number("activate_only_every", 1):
        return False
    if lines.has("is_greeting") and lines.number("is_greeting", 0) != scan.greeting:
        return False
    return not lines.has("is_user_icon") or lines.values["is_user_icon"] == scan.user_icon


def is_open(candidate: Candidate, step: int, level: int) -> bool:
    """Tell whether the candidate takes part in recursion step `step` (0 = the chat itself) at `level`."""
    entry, book = candidate.entry, candidate.book
    if step == 0:
        return not entry.delay_until_recursion
    if not book.recursive or step > book.max_recursion_steps or entry.exclude_recursion:
        return False
    return entry.delay_until_recursion <= level


def place(candidate: Candidate, scan: ScanInput) -> Placement:
    """Where the text goes. `@@position` beats `@@depth`, which beats `@@reverse_depth`, as the specification says."""
    entry, lines = candidate.entry, candidate.decorators
    position, depth = entry.position, entry.depth
    if lines.has("position"):
        position = _POSITIONS[lines.values["position"]]
    elif lines.has("depth"):
        position, depth = Position.AT_DEPTH, max(0, lines.number("depth", depth))
    elif lines.has("reverse_depth"):
        position, depth = Position.AT_DEPTH, max(0, scan.message_count - lines.number("reverse_depth", 0))
    role = LoreRole(lines.values["role"]) if lines.has("role") else entry.role
    return Placement(position, depth, role, entry.outlet)


def rank(hit: Hit) -> tuple[bool, bool, float, float, tuple[int, int]]:
    """Sort key for the budget, first to keep first: what fires by itself, then priority, then insertion order."""
    entry = hit.candidate.entry
    weight = entry.insertion_order if entry.priority is None else entry.priority
    on_keys = hit.by is FiredBy.KEY
    trims_first = hit.candidate.decorators.has("ignore_on_max_context")
    return (trims_first, on_keys, -weight, -entry.insertion_order, hit.candidate.place)


def roll(seed: str, *what: str) -> float:
    """A number in [0, 1) that depends on nothing but its arguments, so no entry's dice disturb another's."""
    digest = blake2b("\0".join((seed, *what)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


def passes_probability(hit: Hit, seed: str) -> bool:
    """Throw the entry's dice; what is sticky has thrown them already, when it first fired."""
    entry = hit.candidate.entry
    if not entry.use_probability or hit.by in {FiredBy.STICKY, FiredBy.KEPT}:
        return True
    return roll(seed, "probability", hit.candidate.key) * 100 < entry.probability
