"""Lore in a tale: what is scanned, where what fires goes, and what the trace says of it. Pure."""

import re
from collections.abc import Mapping, Sequence

from fabula.features.conversations import HistoryLine
from fabula.features.generation.types import Mode
from fabula.features.lore import Fired, Lorebook, LoreResult, Position, ScanInput, ScanMessage, Skipped, SkippedBy
from fabula.features.prompting import Insert, MacroContext
from fabula.features.prompting import Position as Place
from fabula.plugins import Json

_TRIGGERS = {
    Mode.REPLY: frozenset({"normal"}),
    # Another answer beside the old one, asked for as "write it again": SillyTavern tells the two apart.
    Mode.REGENERATE: frozenset({"swipe", "regenerate"}),
    Mode.CONTINUE: frozenset({"continue"}),
    Mode.IMPERSONATE: frozenset({"impersonate"}),
}
_PLACES = {
    Position.BEFORE_CHAR: Place.BEFORE_CHAR,
    Position.AFTER_CHAR: Place.AFTER_CHAR,
    Position.NOTE_TOP: Place.NOTE_TOP,
    Position.NOTE_BOTTOM: Place.NOTE_BOTTOM,
    Position.AT_DEPTH: Place.AT_DEPTH,
    Position.EXAMPLES_TOP: Place.EXAMPLES_TOP,
    Position.EXAMPLES_BOTTOM: Place.EXAMPLES_BOTTOM,
}
# Nobody can play under an icon that a card brings along: a persona has a picture of its own.
_NO_ICON = ""
_ASKS_STANDING = re.compile(r"@@(?:activate_only_|is_greeting)", re.IGNORECASE)
# Priorities that outrank whatever a book says: what fires by itself is kept longest, what asked to go first goes first.
_STANDING, _TRIM_FIRST = 10**12, -(10**12)


def scan_input(
    history: Sequence[HistoryLine],
    prefix: str,
    length: int,
    older: int,
    answers: int,
    mode: Mode,
    macros: MacroContext,
    always: Mapping[str, str],
    greeting: int | None,
) -> ScanInput:
    """What one scan looks at; the card's texts in `macros` are expanded already, `older` messages are not looked at."""
    messages = [ScanMessage(line.message_id, line.role.value, line.text, line.name) for line in history]
    if prefix:
        messages.append(ScanMessage("continued", "assistant", prefix, macros.char.display))
    char = macros.char
    notes = char.spec.get("creator_notes")
    opt_in = {
        "persona_description": macros.user.description,
        "character_description": char.description,
        "character_personality": char.personality,
        "character_depth_prompt": always.get("depth_prompt", ""),
        "scenario": char.scenario,
        "creator_notes": notes if isinstance(notes, str) else "",
    }
    return ScanInput(
        messages=tuple(messages),
        chat_length=length,
        message_count=older + len(messages),
        assistant_count=answers,
        seed=macros.seed,
        opt_in=opt_in,
        always={name: text for name, text in always.items() if text and name != "depth_prompt"},
        triggers=_TRIGGERS[mode],
        greeting=greeting,
        user_icon=_NO_ICON,
    )


def asks_standing(content: str) -> bool:
    """Whether an entry's decorators ask how many answers there are, or with which greeting the branch began."""
    return "@@" in content and _ASKS_STANDING.search(content) is not None


def inserts_of(result: LoreResult) -> list[Insert]:
    """What has a place of its own in the prompt; outlets and the card's sections are for others."""
    return [_insert(fired, n) for n, fired in enumerate(result.fired) if fired.placement.position in _PLACES]


def outlets_of(result: LoreResult) -> dict[str, str]:
    """What `{{outlet::name}}` prints, by name."""
    found: dict[str, list[str]] = {}
    for fired in result.at(Position.OUTLET):
        found.setdefault(fired.placement.outlet, []).append(fired.text)
    return {name: "\n".join(texts) for name, texts in found.items()}


def text_at(result: LoreResult, position: Position, before: str) -> str:
    """A section of the card with the lore that follows it."""
    return "\n".join(part for part in (before, *(fired.text for fired in result.at(position))) if part)


def explain(result: LoreResult, books: Sequence[Lorebook], cut: frozenset[str]) -> list[dict[str, Json]]:
    """The trace of a scan: what fired, by which key, where; what nearly did, and why not. `cut`: origins trimmed later."""
    names = {book.id: book.name for book in books}
    fired = [_fired(item, names, cut) for item in result.fired]
    return fired + [_entry(item, names, "skipped") | {"reason": item.by.value} for item in result.skipped]


def trimmed_by_budget(result: LoreResult) -> list[Skipped]:
    """What fired and did not fit the books' own budgets."""
    return [skipped for skipped in result.skipped if skipped.by is SkippedBy.BUDGET]


def origin_of(key: str) -> str:
    return f"lore:{key}"


def _insert(fired: Fired, number: int) -> Insert:
    entry, place = fired.entry, fired.placement
    # Outside the history only a decorator makes an entry speak as somebody.
    spoken = place.position is Position.AT_DEPTH or place.role is not entry.role
    weight = entry.insertion_order if entry.priority is None else entry.priority
    priority = _TRIM_FIRST if fired.trim_first else int(weight) + (_STANDING if fired.by.value != "key" else 0)
    return Insert(
        origin_of(fired.key),
        place.role.value if spoken else "system",
        fired.text,
        _PLACES[place.position],
        place.depth,
        number,
        priority,
    )


def _fired(fired: Fired, names: Mapping[str, str], cut: frozenset[str]) -> dict[str, Json]:
    place = fired.placement
    status = "trimmed" if origin_of(fired.key) in cut else "fired"
    return _entry(fired, names, status) | {
        "by": fired.by.value,
        "position": place.position.value,
        "depth": place.depth if place.position is Position.AT_DEPTH else None,
        "role": place.role.value,
        "outlet": place.outlet or None,
        "tokens": fired.tokens,
        "step": fired.step,
    }


def _entry(item: Fired | Skipped, names: Mapping[str, str], status: str) -> dict[str, Json]:
    book = item.key.partition(".")[0]
    return {
        "status": status,
        "bookId": book,
        "book": names.get(book, ""),
        "entryId": item.entry.id,
        "entry": item.entry.comment or item.entry.name or ", ".join(item.entry.keys[:3]),
        "matches": [{"key": m.key, "source": m.source.value, "ref": m.ref} for m in item.matches],
    }
