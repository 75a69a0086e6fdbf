"""One scan: the chat first, then what has fired, step by step, until nothing new fires."""

from collections.abc import Callable, Sequence

from fabula.features.lore.budget import Purse
from fabula.features.lore.groups import find_losers, list_groups
from fabula.features.lore.keys import Haystack, Key, Segment, Stopwatch
from fabula.features.lore.matching import Expand, Find, list_candidates, match_keys
from fabula.features.lore.rules import PROMPT_ORDER, Candidate, Hit, is_open, judge, passes_probability, place, rank
from fabula.features.lore.timed import TimedChange, TimedState, change_on_firing
from fabula.features.lore.trace import Fired, FiredBy, LoreResult, Match, Skipped, SkippedBy, Source
from fabula.features.lore.types import Expansion, Lorebook, ScanInput

STEP_LIMIT = 50  # whatever a book asks for: every step looks at every waiting entry again
_STANDING = frozenset({FiredBy.STICKY, FiredBy.KEPT})  # fired before: no new timed change


def activate(
    books: Sequence[Lorebook],
    scan: ScanInput,
    state: TimedState,
    *,
    context_tokens: int,
    count: Callable[[str], int],
    expand: Expand = Expansion,
) -> LoreResult:
    """Decide which entries fire, in prompt order, with the reason for each and for those that nearly did.

    `books` come in order of scope; their ids are distinct. `expand` turns macros into text: it is called at most
    once for each entry's text, also for one the budget then cuts, and for keys that hold a macro. What they set is
    kept only of the texts that fire. Same arguments, same result, but for regular expressions that run out of time:
    those warn. Raises nothing of its own. Takes milliseconds for a large book, so run it in a thread, not on the
    event loop.
    """
    run = _Scan(books, scan, state, context_tokens, count, expand)
    levels = run.list_levels()
    step, fed, level = 0, run.take(0, 0), levels.pop(0) if levels else 0
    while run.can_recur(step):
        if not fed:
            if not levels:
                break
            level = levels.pop(0)
        step += 1
        fed = run.take(step, level)
    return run.conclude()


def list_messages(scan: ScanInput, depth: int) -> list[Segment]:
    """The newest `depth` messages, newest first, each with its speaker's name before it."""
    newest = scan.messages[max(0, len(scan.messages) - depth) :]
    named = scan.include_names
    texts = [f"{message.name}: {message.text}" if named and message.name else message.text for message in newest]
    return [Segment(Source.MESSAGE, m.id, text) for m, text in zip(reversed(newest), reversed(texts), strict=True)]


def list_texts(scan: ScanInput, sources: tuple[str, ...]) -> list[Segment]:
    """The texts beside the chat: those for all, and the opt-in ones among `sources`."""
    texts = dict(scan.always) | {name: scan.opt_in[name] for name in sources if name in scan.opt_in}
    return [Segment(Source.TEXT, name, text) for name, text in texts.items()]


class _Scan:
    """The state of one scan; `take` advances it by one step."""

    def __init__(
        self,
        books: Sequence[Lorebook],
        scan: ScanInput,
        state: TimedState,
        context_tokens: int,
        count: Callable[[str], int],
        expand: Expand,
    ) -> None:
        self._scan, self._state, self._count, self._expand = scan, state, count, expand
        self._purse = Purse(books, context_tokens)
        self._stopwatch = Stopwatch()
        self._haystacks: dict[tuple[int, tuple[str, ...]], Haystack] = {}
        self._recursion: list[Segment] = []
        wanted = max((book.max_recursion_steps for book in books if book.recursive), default=0)
        self._max_steps = min(wanted, STEP_LIMIT)
        self._groups: set[str] = set()
        self._fired: list[tuple[Candidate, Fired]] = []
        self._skipped: dict[Candidate, Skipped] = {}
        self._changes: list[TimedChange] = []
        self._standing: list[Hit] = []
        self._waiting: list[Candidate] = []
        for candidate in list_candidates(books, scan, expand):
            verdict = judge(candidate, scan, state)
            if isinstance(verdict, FiredBy):
                self._standing.append(Hit(candidate, verdict))
            elif isinstance(verdict, SkippedBy):
                self._skip(candidate, verdict)
            else:
                self._waiting.append(candidate)

    def list_levels(self) -> list[int]:
        """The recursion levels entries wait for, lowest first."""
        levels = {c.entry.delay_until_recursion for c in self._waiting if c.book.recursive}
        return sorted(levels - {0})

    def can_recur(self, step: int) -> bool:
        return bool(self._recursion and self._waiting) and step < self._max_steps

    def take(self, step: int, level: int) -> bool:
        """Fire what is due in this step; answers whether that gave recursion new text to look at."""
        hits, self._standing = self._standing, []
        recursion = Haystack(tuple(reversed(self._recursion)), self._stopwatch)
        still_waiting = []
        for candidate in self._waiting:
            hit = self._ask(candidate, recursion) if is_open(candidate, step, level) else None
            if hit is None:
                still_waiting.append(candidate)
            else:
                hits.append(hit)
        self._waiting = still_waiting
        before = len(self._recursion)
        self._settle(hits, step)
        return len(self._recursion) > before

    def _ask(self, candidate: Candidate, recursion: Haystack) -> Hit | None:
        verdict, matches = match_keys(candidate, self._finder(candidate, recursion), self._stopwatch.is_broken)
        if isinstance(verdict, FiredBy):
            return Hit(candidate, verdict, matches)
        if verdict is not None:
            self._skip(candidate, verdict, matches)
        return None

    def _finder(self, candidate: Candidate, recursion: Haystack) -> Find:
        texts = self._haystack(candidate.window)
        if not self._recursion:
            return texts.find

        def find(key: Key) -> Match | None:
            return texts.find(key) or recursion.find(key)

        return find

    def _haystack(self, window: tuple[int, tuple[str, ...]]) -> Haystack:
        """The texts of one window, shared by all entries that look through it: newest message first."""
        found = self._haystacks.get(window)
        if found is None:
            depth, sources = window
            if depth > len(self._scan.messages):
                found = self._haystack((len(self._scan.messages), sources))
            else:
                segments = (*list_messages(self._scan, depth), *list_texts(self._scan, sources))
                found = Haystack(segments, self._stopwatch)
            self._haystacks[window] = found
        return found

    def _settle(self, hits: list[Hit], step: int) -> None:
        lost = find_losers(hits, self._groups, self._scan.seed)
        for hit in sorted(hits, key=rank):
            if hit in lost:
                self._skip(hit.candidate, SkippedBy.GROUP, hit.matches)
            elif not passes_probability(hit, self._scan.seed):
                self._skip(hit.candidate, SkippedBy.PROBABILITY, hit.matches)
            else:
                self._fire(hit, step)

    def _fire(self, hit: Hit, step: int) -> None:
        candidate = hit.candidate
        entry, lines = candidate.entry, candidate.decorators
        written = self._expand(candidate.body)
        text = written.text
        tokens = self._count(text) if text else 0
        if not self._purse.admit(hit, tokens):
            self._skip(candidate, SkippedBy.BUDGET, hit.matches)
            return
        written.keep()
        self._skipped.pop(candidate, None)
        self._groups.update(list_groups(hit))
        where, last = place(candidate, self._scan), lines.has("ignore_on_max_context")
        fired = Fired(candidate.key, entry, where, text, tokens, hit.by, hit.matches, step, last)
        self._fired.append((candidate, fired))
        self._feed(candidate, written)
        remember = lines.has("keep_activate_after_match") or lines.has("dont_activate_after_match")
        change = change_on_firing(candidate.key, entry, self._scan.chat_length, remember=remember)
        if change is not None and hit.by not in _STANDING:
            self._changes.append(change)

    def _feed(self, candidate: Candidate, written: Expansion) -> None:
        """Give the text to later steps, and its hidden keys, which count there alone."""
        if candidate.entry.prevent_recursion:
            return
        seen = "\n".join([written.text, *written.hidden_keys])
        if seen.strip():
            self._recursion.append(Segment(Source.ENTRY, candidate.key, seen))

    def _skip(self, candidate: Candidate, by: SkippedBy, matches: tuple[Match, ...] = ()) -> None:
        self._skipped[candidate] = Skipped(candidate.key, candidate.entry, by, matches)

    def conclude(self) -> LoreResult:
        for candidate in self._waiting:
            if candidate.entry.delay_until_recursion and candidate not in self._skipped:
                verdict, matches = match_keys(
                    candidate, self._haystack(candidate.window).find, self._stopwatch.is_broken
                )
                if isinstance(verdict, FiredBy):
                    self._skip(candidate, SkippedBy.RECURSION, matches)
        self._fired.sort(key=_prompt_order)
        return LoreResult(
            fired=tuple(fired for _, fired in self._fired),
            skipped=tuple(self._skipped.values()),
            changes=tuple(self._changes),
            disabled_prompts=frozenset(
                candidate.decorators.values["disable_ui_prompt"]
                for candidate, _ in self._fired
                if candidate.decorators.has("disable_ui_prompt")
            ),
            warnings=tuple(self._stopwatch.warnings),
        )


def _prompt_order(item: tuple[Candidate, Fired]) -> tuple[int, float, tuple[int, int]]:
    candidate, fired = item
    return (PROMPT_ORDER[fired.placement.position], candidate.entry.insertion_order, candidate.place)
