"""Sticky, cooldown and delay along the history of a branch, and SillyTavern's record of them."""

from dataclasses import asdict
from typing import Any

from fabula.features.lore import LoreResult, TimedChange, TimedState, fold, timed_from_st
from tests.unit.lore.factory import book, chat, entry, reasons, run

STICKY = book(entry("dragon", ext_sticky=3, ext_cooldown=2))


def at(length: int, text: str, state: TimedState | None = None) -> LoreResult:
    return run(STICKY, chat(text, chat_length=length), state)


def test_a_sticky_entry_stays_without_its_key_then_cools_down() -> None:
    first = at(10, "dragon")
    state = fold(first.changes)
    seen = {length: at(length, "dragon", state) for length in range(11, 17)}
    assert [length for length, result in seen.items() if result.fired] == [11, 12, 15, 16]
    assert seen[11].fired[0].by.value == "sticky"
    assert reasons(seen[13]) == reasons(seen[14]) == {"b.0": "cooldown"}
    assert at(12, "sky", state).fired


def test_staying_does_not_prolong_itself_and_firing_anew_starts_anew() -> None:
    state = fold(at(10, "dragon").changes)
    assert at(11, "dragon", state).changes == ()
    assert at(15, "dragon", state).changes == (TimedChange("b.0", 15, 18, 20),)


def test_cooldown_alone_begins_at_once() -> None:
    lore = book(entry("dragon", ext_cooldown=2))
    state = fold(run(lore, chat("dragon", chat_length=4)).changes)
    fired = [n for n in range(4, 8) if run(lore, chat("dragon", chat_length=n), state).fired]
    assert fired == [6, 7]


def test_delay_waits_for_messages_not_for_the_places_of_deleted_ones() -> None:
    lore = book(entry("dragon", ext_delay=3))
    assert reasons(run(lore, chat("dragon", chat_length=9, message_count=2))) == {"b.0": "delay"}
    assert run(lore, chat("dragon", chat_length=9, message_count=3)).fired


def test_a_sticky_entry_throws_no_dice_again_and_wins_its_group() -> None:
    lore = book(
        entry("never", ext_sticky=5, ext_probability=0, ext_group="g"),
        entry("dragon", ext_group="g", ext_group_override=True),
    )
    result = run(lore, chat("dragon", chat_length=2), fold([TimedChange("b.0", 1, 6)]))
    assert [fired.key for fired in result.fired] == ["b.0"]


def test_what_is_cut_leaves_no_change() -> None:
    lore = book(entry("dragon", content="too many words", ext_sticky=3), token_budget=1)
    assert run(lore, chat("dragon")).changes == ()


def test_a_swipe_reads_the_branch_without_the_variant_it_replaces() -> None:
    before = fold([])
    replaced = at(10, "dragon", before).changes
    assert at(10, "sky", before).fired == ()
    assert at(11, "sky", fold(replaced)).fired


def test_the_last_change_of_an_entry_counts_but_a_match_is_never_forgotten() -> None:
    state = fold([TimedChange("a", 1, 3, 4, matched=True), TimedChange("a", 5, 9), TimedChange("b", 2, 4)])
    assert state.has_matched("a")
    assert state.is_sticky("a", 8)
    assert not state.is_sticky("a", 9)
    assert not state.is_cooling("b", 5)


def test_a_change_is_plain_json() -> None:
    change = TimedChange("b.0", 15, 18, 20, matched=True)
    assert TimedChange(**asdict(change)) == change


RECORD: dict[str, Any] = {
    "sticky": {"Eldoria.3": {"hash": 77, "start": 4, "end": 9, "protected": False}},
    "cooldown": {
        "Eldoria.3": {"hash": 77, "start": 9, "end": 12, "protected": True},
        "Old.1": {"hash": 5, "start": 2, "end": 8, "protected": False},
    },
}


def test_sillytaverns_record_is_read_and_written_back() -> None:
    state = fold(timed_from_st(RECORD))
    assert state.is_sticky("Eldoria.3", 8)
    assert state.is_cooling("Eldoria.3", 10)
    assert state.is_cooling("Old.1", 7)


def test_a_broken_record_is_empty() -> None:
    assert timed_from_st({"sticky": [1], "cooldown": {"a": 3, "b": {"start": "x"}}}) == ()
    assert timed_from_st(None) == ()
