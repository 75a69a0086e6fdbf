"""Sticky, cooldown and "matched before": state that belongs to the history of a branch.

Each firing answers with a `TimedChange`, stored on the variant that caused it; folding the changes met along a
branch gives its `TimedState`. A swipe or a fork reads other variants, so it gets its own state and nothing has to
be undone. Delay needs no state: it is the number of
messages shown. Lengths here are places in the history, which deleting a message does not move.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fabula.features.lore.types import LoreEntry
from fabula.plugins.contracts import Json


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


def fold(changes: Iterable[TimedChange]) -> TimedState:
    """Read a branch's state back from its changes, oldest first; a later change of an entry replaces the earlier."""
    effects: dict[str, TimedChange] = {}
    for change in changes:
        before = effects.get(change.entry)
        kept = before is not None and before.matched and not change.matched
        effects[change.entry] = replace(change, matched=True) if kept else change
    return TimedState(effects)


def change_on_firing(key: str, entry: LoreEntry, length: int, *, remember: bool) -> TimedChange | None:
    """What a fresh firing at `length` leaves behind, or None; the cooldown begins where stickiness ends."""
    if not (entry.sticky or entry.cooldown or remember):
        return None
    sticky_end = length + entry.sticky if entry.sticky else 0
    cooldown_end = max(length, sticky_end) + entry.cooldown if entry.cooldown else 0
    return TimedChange(key, length, sticky_end, cooldown_end, remember)


def timed_from_st(raw: Json) -> tuple[TimedChange, ...]:
    """Read SillyTavern's `chat_metadata.timedWorldInfo`, `{sticky, cooldown: {"world.uid": {start, end, …}}}`.

    Entry keys stay as they are there (the file name of the book, a dot, the uid). Broken records are left out.
    """
    spans = {kind: _spans(raw, kind) for kind in ("sticky", "cooldown")}
    changes = []
    for key in spans["sticky"] | spans["cooldown"]:
        start, sticky_end = spans["sticky"].get(key, (0, 0))
        cooling_since, cooldown_end = spans["cooldown"].get(key, (start, 0))
        changes.append(TimedChange(key, start if sticky_end else cooling_since, sticky_end, cooldown_end))
    return tuple(changes)


def _spans(raw: Json, kind: str) -> dict[str, tuple[int, int]]:
    records = raw.get(kind) if isinstance(raw, dict) else None
    spans: dict[str, tuple[int, int]] = {}
    for key, record in records.items() if isinstance(records, dict) else ():
        if isinstance(record, dict):
            start, end = record.get("start"), record.get("end")
            if isinstance(start, int) and isinstance(end, int):
                spans[key] = (start, end)
    return spans
