"""What holds for every book, however odd."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fabula.features.lore import LoreResult, ScanInput, ScanMessage, TimedState, activate, fold
from fabula.features.lore.books import read_lorebook, to_book, to_st
from fabula.features.lore.budget import budget_of
from fabula.features.lore.decorators import VALID, parse_content
from fabula.features.lore.types import Lorebook
from tests.conftest import times
from tests.unit.lore.factory import count_words

bounded = settings(max_examples=times(60))

WORDS = ("sea", "Sky", "/s.a/i", "/(/", "gold", "海", "кот", "")
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
BOOK_NAMES = ("keys", "key", "content", "enabled", "disable", "insertion_order", "order", "position", "id", "uid")
MORE_NAMES = (
    "secondary_keys",
    "selective",
    "selectiveLogic",
    "constant",
    "use_regex",
    "group",
    "extensions",
    "priority",
)
EXTENSION_NAMES = ("position", "depth", "probability", "selectiveLogic", "group", "sticky", "cooldown", "delay")

garbage_entries = st.dictionaries(st.sampled_from(BOOK_NAMES + MORE_NAMES) | st.text(max_size=6), json_values)
garbage_books = st.dictionaries(
    st.sampled_from(("scan_depth", "token_budget", "recursive_scanning", "name")), scalars
).flatmap(
    lambda head: st.one_of(
        st.lists(garbage_entries | json_values, max_size=4),
        st.dictionaries(st.text(max_size=3), garbage_entries, max_size=4),
    ).map(lambda entries: head | {"entries": entries})
)
decorator_lines = st.tuples(
    st.sampled_from(("@@", "@@@")),
    st.sampled_from((*VALID, "unknown")),
    st.sampled_from(("", " 1", " 3", " sea", " user")),
)
contents = st.tuples(
    st.lists(decorator_lines.map("".join), max_size=4), st.sampled_from(("gold sea", "sky", "one two three four"))
).map(lambda parts: "\n".join((*parts[0], parts[1])))


@st.composite
def sound_entries(draw: st.DrawFn) -> dict[str, Any]:
    numbers = st.integers(0, 4)
    return {
        "keys": draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)),
        "secondary_keys": draw(st.lists(st.sampled_from(WORDS), max_size=2)),
        "selective": draw(st.booleans()),
        "constant": draw(st.booleans()),
        "content": draw(contents),
        "insertion_order": draw(numbers),
        "extensions": {
            "selectiveLogic": draw(st.integers(0, 3)),
            "probability": draw(st.sampled_from((0, 50, 100))),
            "group": draw(st.sampled_from(("", "a", "a,b"))),
            "sticky": draw(numbers),
            "cooldown": draw(numbers),
            "delay": draw(numbers),
            "delay_until_recursion": draw(st.integers(0, 2)),
            "prevent_recursion": draw(st.booleans()),
        },
    }


sound_books = st.fixed_dictionaries(
    {
        "entries": st.lists(sound_entries(), max_size=8),
        "recursive_scanning": st.booleans(),
        "token_budget": st.none() | st.integers(1, 12),
    }
)


def scan(seed: str = "s", length: int = 4) -> ScanInput:
    messages = (ScanMessage("m0", "user", "the sea and the sky"), ScanMessage("m1", "assistant", "海 кот", "Ann"))
    return ScanInput(messages, length, length, length // 2, seed)


@bounded
@given(json_values | garbage_books)
def test_garbage_is_read_scanned_and_written_without_a_crash(raw: Any) -> None:
    kept = copy.deepcopy(raw)
    book = read_lorebook(raw)
    activate([book], scan(), TimedState(), context_tokens=100, count=count_words)
    to_book(book)
    to_st(book)
    assert repr(raw) == repr(kept)


@bounded
@given(garbage_books)
def test_a_book_moved_between_the_families_reads_the_same(raw: Any) -> None:
    def shape(book: Lorebook) -> list[tuple[object, ...]]:
        names = ("keys", "content", "enabled", "insertion_order", "priority", "position", "logic", "group", "use_regex")
        return [tuple(getattr(entry, name) for name in names) for entry in book.entries]

    book = read_lorebook(raw)
    assert shape(read_lorebook(to_st(book))) == shape(book)
    assert shape(read_lorebook(to_book(read_lorebook(to_st(book))))) == shape(book)


@bounded
@given(st.lists(sound_books, min_size=1, max_size=3), st.integers(0, 60))
def test_a_budget_is_never_exceeded_and_every_entry_is_answered_once(raws: list[Any], context: int) -> None:
    books = [read_lorebook(raw, str(i)) for i, raw in enumerate(raws)]
    result = activate(books, scan(), TimedState(), context_tokens=context, count=count_words)
    budgets = [budget_of(book, context) for book in books]
    for number, budget in enumerate(budgets):
        assert sum(f.tokens for f in result.fired if f.key.startswith(f"{number}.")) <= budget
    assert sum(f.tokens for f in result.fired) <= max(budgets)
    answered = [fired.key for fired in result.fired] + [skipped.key for skipped in result.skipped]
    assert len(answered) == len(set(answered))


@bounded
@given(st.lists(sound_books, max_size=2), st.text(max_size=4))
def test_the_same_scan_answers_the_same(raws: list[Any], seed: str) -> None:
    def once() -> LoreResult:
        books = [read_lorebook(copy.deepcopy(raw), str(i)) for i, raw in enumerate(raws)]
        return activate(books, scan(seed), TimedState(), context_tokens=40, count=count_words)

    assert once() == once()


@bounded
@given(sound_books)
def test_at_most_one_of_a_group_fires_unless_sticky_holds_several(raw: Any) -> None:
    result = activate([read_lorebook(raw)], scan(), TimedState(), context_tokens=400, count=count_words)
    for group in ("a", "b"):
        assert sum(group in fired.entry.group.split(",") for fired in result.fired) <= 1


@bounded
@given(sound_books, st.integers(4, 12))
def test_what_is_on_cooldown_does_not_fire(raw: Any, later: int) -> None:
    book = read_lorebook(raw)
    first = activate([book], scan(), TimedState(), context_tokens=400, count=count_words)
    state = fold(first.changes)
    second = activate([book], scan(length=later), state, context_tokens=400, count=count_words)
    forced = {"decorator", "kept"}
    cooling = {f.key for f in second.fired if state.is_cooling(f.key, later) and f.by.value not in forced}
    assert cooling == set()


@bounded
@given(st.text(alphabet="@a \ndepth1", max_size=60))
def test_decorators_never_lose_the_text_below_them(content: str) -> None:
    _, body = parse_content(content)
    assert content.replace("\r\n", "\n").endswith(body)
