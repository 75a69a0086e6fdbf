"""Keys against text: which entries are ready to be asked, and what their primary, secondary and decorated keys say."""

from collections.abc import Callable, Iterator, Sequence

from fabula.features.lore.decorators import NONE, parse_content
from fabula.features.lore.keys import Key, compile_keys
from fabula.features.lore.rules import Candidate
from fabula.features.lore.trace import FiredBy, Match, SkippedBy
from fabula.features.lore.types import Expansion, Logic, Lorebook, LoreEntry, ScanInput

Find = Callable[[Key], Match | None]
IsBroken = Callable[[Key], bool]
Expand = Callable[[str], Expansion]


def list_candidates(books: Sequence[Lorebook], scan: ScanInput, expand: Expand) -> Iterator[Candidate]:
    """Make every enabled entry ready: decorators read, macros in keys expanded, keys compiled."""
    asked = {"is_greeting": scan.greeting, "is_user_icon": scan.user_icon}
    unknown = frozenset(name for name, value in asked.items() if value is None)
    for shelf, book in enumerate(books):
        for number, entry in enumerate(book.entries):
            if entry.enabled:
                yield _prepare(entry, book, (shelf, number), unknown, expand)


def _prepare(
    entry: LoreEntry, book: Lorebook, place: tuple[int, int], unknown: frozenset[str], expand: Expand
) -> Candidate:
    lines, body = parse_content(entry.content, unknown)
    additional = tuple([_compile(entry, keys, expand) for keys in lines.additional])
    plain = not entry.use_regex
    depth = book.scan_depth if entry.scan_depth is None else entry.scan_depth
    return Candidate(
        key=f"{book.id}.{entry.id}",
        entry=entry,
        book=book,
        place=place,
        window=(max(0, lines.number("scan_depth", depth)), entry.scan_sources),
        decorators=lines,
        body=body,
        # V3: with use_regex, additional keys are further alternatives, and secondary and excluded ones do not count.
        primary=_compile(entry, entry.keys, expand) + (() if plain else sum(additional, ())),
        secondary=_compile(entry, entry.secondary_keys, expand) if plain and entry.selective else (),
        additional=additional if plain else (),
        excluded=_compile(entry, lines.strings("exclude_keys"), expand) if plain and lines is not NONE else (),
    )


def _compile(entry: LoreEntry, keys: tuple[str, ...], expand: Expand) -> tuple[Key, ...]:
    together = "".join(keys)
    if "{{" in together or "<" in together:
        keys = tuple(expand(key).text if _may_hold_macro(entry, key) else key for key in keys)
    return compile_keys(
        keys, case_sensitive=entry.case_sensitive, whole=entry.match_whole_words, is_pattern=entry.use_regex
    )


def _may_hold_macro(entry: LoreEntry, key: str) -> bool:
    """Tell whether a key is expanded; in a pattern `<` begins the name of a group, not `<user>` or its like."""
    return "{{" in key or ("<" in key and not entry.use_regex and not key.startswith("/"))


def match_keys(
    candidate: Candidate, find: Find, is_broken: IsBroken
) -> tuple[FiredBy | SkippedBy | None, tuple[Match, ...]]:
    """Ask the keys: fires, nearly fired (secondary or decorated keys said no), or None.

    Matches are the first primary key that occurred and the secondary ones that counted; of an entry in a group
    all of them, since their number is its score there.
    """
    entry = candidate.entry
    constant = entry.constant and not entry.use_regex
    hits: tuple[Match, ...] = ()
    if not constant:
        hits = _list_primary(candidate, find, is_broken)
        if not hits:
            return None, ()
        agreed, more = _ask_secondary(candidate, find)
        hits += more
        if not agreed:
            return SkippedBy.SECONDARY_KEYS, hits
    extra = [_first(keys, find) for keys in candidate.additional]
    if None in extra or _first(candidate.excluded, find) is not None:
        return SkippedBy.SECONDARY_KEYS, hits
    hits += tuple(match for match in extra if match is not None)
    return (FiredBy.CONSTANT if constant else FiredBy.KEY), hits


def _list_primary(candidate: Candidate, find: Find, is_broken: IsBroken) -> tuple[Match, ...]:
    if candidate.entry.use_regex and any(is_broken(key) for key in candidate.primary):
        return ()  # V3: one invalid pattern, and the entry does not match at all
    if candidate.entry.group:
        return tuple(match for key in candidate.primary if (match := find(key)))
    first = _first(candidate.primary, find)
    return () if first is None else (first,)


def _ask_secondary(candidate: Candidate, find: Find) -> tuple[bool, tuple[Match, ...]]:
    if not candidate.secondary:
        return True, ()
    found = tuple(match for key in candidate.secondary if (match := find(key)))
    complete = len(found) == len(candidate.secondary)
    match candidate.entry.logic:
        case Logic.AND_ANY:
            return bool(found), found
        case Logic.AND_ALL:
            return complete, found
        case Logic.NOT_ALL:
            return not complete, ()
        case Logic.NOT_ANY:
            return not found, ()


def _first(keys: tuple[Key, ...], find: Find) -> Match | None:
    for key in keys:
        match = find(key)
        if match is not None:
            return match
    return None
