"""What fires: secondary keys, constants, recursion, probability, order, and the reasons given."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from fabula.features import prompting
from fabula.features.lore import Expansion, Position
from fabula.features.lore.trace import FiredBy, Source
from fabula.features.lore.types import Logic, LoreRole
from fabula.features.prompting import MacroContext, Persona, Variables, read_character
from tests.unit.lore.factory import book, chat, entry, reasons, run, texts


@pytest.mark.parametrize(
    ("logic", "text", "expected"),
    [
        (Logic.AND_ANY, "dragon fire", True),
        (Logic.AND_ANY, "dragon", False),
        (Logic.AND_ANY, "fire", False),
        (Logic.NOT_ALL, "dragon fire", True),
        (Logic.NOT_ALL, "dragon fire gold", False),
        (Logic.NOT_ANY, "dragon", True),
        (Logic.NOT_ANY, "dragon gold", False),
        (Logic.AND_ALL, "dragon gold fire", True),
        (Logic.AND_ALL, "dragon fire", False),
    ],
)
def test_secondary_keys_join_in_by_their_logic(logic: Logic, text: str, *, expected: bool) -> None:
    fields: dict[str, Any] = {"secondary_keys": ["fire", "gold"], "selective": True, "ext_selectiveLogic": logic.value}
    result = run(book(entry("dragon", **fields)), chat(text))
    assert bool(result.fired) is expected
    if not expected and "dragon" in text:
        assert reasons(result) == {"b.0": "secondary_keys"}


def test_secondary_keys_are_silent_without_selective() -> None:
    assert run(book(entry("dragon", secondary_keys=["fire"])), chat("dragon")).fired


def test_a_constant_entry_needs_no_key() -> None:
    result = run(book(entry(constant=True), entry(constant=True, enabled=False)), chat("hello"))
    assert [(fired.key, fired.by) for fired in result.fired] == [("b.0", FiredBy.CONSTANT)]


def test_a_key_that_did_not_occur_is_not_explained() -> None:
    assert run(book(entry("dragon")), chat("hello")).skipped == ()


def test_prompt_order_is_position_then_insertion_order_then_place() -> None:
    lore = book(
        entry(content="late", constant=True, insertion_order=5),
        entry(content="after", constant=True, insertion_order=1, position="after_char"),
        entry(content="first", constant=True, insertion_order=-1),
        entry(content="later", constant=True, insertion_order=5),
    )
    result = run(lore, chat("hello"))
    assert texts(result) == ["first", "late", "later", "after"]
    assert [fired.text for fired in result.at(Position.AFTER_CHAR)] == ["after"]


@pytest.mark.parametrize("position", list(Position)[:8])
def test_every_position_of_a_file_is_reached(position: Position) -> None:
    number = list(Position).index(position)
    fields: dict[str, Any] = {"ext_position": number, "ext_depth": 2, "ext_role": 2, "ext_outlet_name": "gate"}
    placement = run(book(entry(constant=True, **fields)), chat("hello")).fired[0].placement
    assert (placement.position, placement.depth, placement.role, placement.outlet) == (
        position,
        2,
        LoreRole.ASSISTANT,
        "gate",
    )


@pytest.mark.parametrize(("chance", "expected"), [(0, 0), (100, 200), (30, 60)])
def test_probability_is_a_percentage_and_depends_on_the_seed(chance: int, expected: int) -> None:
    lore = book(entry("dragon", ext_probability=chance))
    results = [run(lore, chat("dragon", seed=f"s{i}")) for i in range(200)]
    fired = sum(len(result.fired) for result in results)
    assert abs(fired - expected) <= 20
    assert all(reasons(result) == {"b.0": "probability"} for result in results if not result.fired)


def test_probability_counts_only_when_it_is_used() -> None:
    assert run(book(entry("dragon", ext_probability=0, ext_useProbability=False)), chat("dragon")).fired


@pytest.mark.parametrize("trigger", ["swipe", "regenerate"])
def test_triggers_name_the_kinds_of_generation(trigger: str) -> None:
    lore = book(entry("dragon", ext_triggers=[trigger]))
    assert reasons(run(lore, chat("dragon"))) == {"b.0": "trigger"}
    assert run(lore, chat("dragon", triggers=frozenset({"swipe", "regenerate"}))).fired


CHAIN = (entry("dragon", content="guards gold"), entry("gold", content="from dwarfs"), entry("dwarf", content="axes"))


def test_recursion_is_off_by_default() -> None:
    assert texts(run(book(*CHAIN), chat("dragon"))) == ["guards gold"]


def test_recursion_follows_what_fired_and_says_so() -> None:
    result = run(book(*CHAIN, recursive_scanning=True), chat("dragon"))
    assert texts(result) == ["guards gold", "from dwarfs", "axes"]
    assert [fired.step for fired in result.fired] == [0, 1, 2]
    match = result.fired[2].matches[0]
    assert (match.source, match.ref) == (Source.ENTRY, "b.1")


def test_recursion_stops_at_the_books_limit() -> None:
    lore = book(*CHAIN, recursive_scanning=True)
    limited = type(lore)(id="b", recursive=True, max_recursion_steps=1, entries=lore.entries)
    assert texts(run(limited, chat("dragon"))) == ["guards gold", "from dwarfs"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"ext_prevent_recursion": True}, {}, ["guards gold"]),
        ({}, {"ext_exclude_recursion": True}, ["guards gold"]),
        ({}, {"ext_prevent_recursion": True}, ["guards gold", "from dwarfs"]),
        ({}, {"ext_delay_until_recursion": True}, ["guards gold", "from dwarfs", "axes"]),
    ],
)
def test_entries_may_stay_out_of_recursion(
    first: Mapping[str, Any], second: Mapping[str, Any], expected: list[str]
) -> None:
    lore = book(
        entry("dragon", content="guards gold", **first),
        entry("gold", content="from dwarfs", **second),
        entry("dwarf", content="axes"),
        recursive_scanning=True,
    )
    assert texts(run(lore, chat("dragon"))) == expected


def test_a_delayed_entry_ignores_the_chat_until_recursion_reaches_its_level() -> None:
    lore = book(
        entry("dragon", content="A"),
        entry("dragon", content="level two", ext_delay_until_recursion=2),
        entry("dragon", content="level one", ext_delay_until_recursion=True),
        recursive_scanning=True,
    )
    result = run(lore, chat("dragon"))
    # Step 2 looks at what level one brought; only when it finds nothing is the next level opened.
    assert {fired.text: fired.step for fired in result.fired} == {"A": 0, "level one": 1, "level two": 3}


def test_a_delayed_entry_without_recursion_says_why_it_is_missing() -> None:
    lore = book(entry("dragon", ext_delay_until_recursion=True))
    assert reasons(run(lore, chat("dragon"))) == {"b.0": "recursion"}


def test_secondary_keys_may_be_met_by_recursion() -> None:
    lore = book(
        entry("dragon", content="gold"),
        entry("dragon", content="both", selective=True, secondary_keys=["gold"]),
        recursive_scanning=True,
    )
    result = run(lore, chat("dragon"))
    assert texts(result) == ["gold", "both"]
    assert result.skipped == ()


def test_a_book_without_recursion_is_not_searched_by_another_ones() -> None:
    open_book = book(*CHAIN[:1], book_id="open", recursive_scanning=True)
    closed = book(*CHAIN[1:], book_id="closed")
    assert texts(run([open_book, closed], chat("dragon"))) == ["guards gold"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{{hidden_key:gold}}", ["", "hoard"]),
        ("{{hidden_key gold}}", ["", "hoard"]),
        ("{{hidden_key::gold}}", ["", "hoard"]),
        ("{{hidden_key:{{reverse:dlog}} bars}}", ["", "hoard"]),
        ("{{if::0}}{{hidden_key:gold}}{{/if}}", [""]),
        ("{{// gold}}", [""]),
        ("{{comment: gold}}", [""]),
    ],
)
def test_hidden_keys_count_for_recursion_and_comments_do_not(content: str, expected: list[str]) -> None:
    lore = book(entry("dragon", content=content), entry("gold", content="hoard"), recursive_scanning=True)
    assert texts(run(lore, chat("dragon"), expand=expand)) == expected


def expand(text: str) -> Expansion:
    """As a tale does it."""
    macros = MacroContext(read_character({"name": "Ann"}), Persona("Bob"), datetime(2026, 1, 1, tzinfo=UTC), "s")
    found = prompting.macros.expand(text, macros, Variables())
    return Expansion(found.text, found.hidden_keys)


def test_what_an_entry_sets_is_kept_only_when_it_fires() -> None:
    kept: list[str] = []

    def note(text: str) -> Expansion:
        return Expansion(text, keep=lambda: kept.append(text))

    lore = book(
        entry("dragon", content="far too long", insertion_order=3),
        entry("dragon", content="fits", insertion_order=2),
        entry("dragon", content="far too long", insertion_order=1, ext_ignore_budget=True),
        entry("{{sky}}", content="unused"),
        token_budget=2,
    )
    assert sorted(texts(run(lore, chat("dragon"), expand=note))) == ["far too long", "fits"]
    assert kept == ["fits", "far too long"]


def test_content_is_expanded_once_and_counted_as_expanded() -> None:
    calls: list[str] = []

    def note(text: str) -> Expansion:
        calls.append(text)
        return Expansion("one two three")

    lore = book(entry("dragon", content="@@depth 1\n{{long}}"), entry("sky", content="unused"))
    fired = run(lore, chat("dragon"), expand=note).fired
    assert (fired[0].text, fired[0].tokens, calls) == ("one two three", 3, ["{{long}}"])


def test_names_are_scanned_unless_left_out() -> None:
    scan = chat("hello")
    named = type(scan)(
        messages=(type(scan.messages[0])("m0", "user", "hello", "Dragonlord"),),
        chat_length=1,
        message_count=1,
        assistant_count=0,
        seed="s",
    )
    lore = book(entry("dragon"))
    assert run(lore, named).fired
    assert not run(lore, type(named)(named.messages, 1, 1, 0, "s", include_names=False)).fired


def test_a_book_cannot_ask_for_endless_steps() -> None:
    chain = [entry(f"key{i:03d}", content=f"key{i + 1:03d}") for i in range(80)]
    lore = book(*chain, recursive_scanning=True, extensions={"max_recursion_steps": 10**9})
    assert len(run(lore, chat("key000")).fired) == 51
