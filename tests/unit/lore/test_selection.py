"""Inclusion groups and the budget: who stays when not all may."""

from collections import Counter
from typing import Any

import pytest

from tests.unit.lore.factory import book, chat, entry, reasons, run, texts


def member(content: str, *keys: str, group: str = "weather", **fields: Any) -> dict[str, Any]:
    return entry(*(keys or ("sky",)), content=content, ext_group=group, **fields)


def test_one_of_a_group_fires_and_the_others_say_so() -> None:
    result = run(book(member("sun"), member("rain"), member("snow"), entry("sky", content="alone")), chat("sky"))
    assert len(result.fired) == 2
    assert sorted(reasons(result).values()) == ["group", "group"]


def test_weights_decide_over_many_seeds() -> None:
    lore = book(
        member("sun", ext_group_weight=300), member("rain", ext_group_weight=100), member("no", ext_group_weight=0)
    )
    drawn = Counter(texts(run(lore, chat("sky", seed=str(i))))[0] for i in range(400))
    assert drawn["no"] == 0
    assert 250 < drawn["sun"] < 350


def test_weightless_groups_still_choose_one() -> None:
    assert texts(run(book(member("a", ext_group_weight=0), member("b", ext_group_weight=0)), chat("sky"))) == ["a"]


def test_the_same_seed_draws_the_same() -> None:
    lore = book(member("sun"), member("rain"), member("snow"))
    assert run(lore, chat("sky", seed="x")) == run(lore, chat("sky", seed="x"))


def test_override_takes_the_highest_insertion_order() -> None:
    lore = book(
        member("low", ext_group_override=True, insertion_order=1),
        member("high", ext_group_override=True, insertion_order=2),
        member("higher, but no override", insertion_order=9),
    )
    assert texts(run(lore, chat("sky"))) == ["high"]


def test_scoring_leaves_those_with_most_matched_keys() -> None:
    lore = book(
        member("one", "sky", ext_use_group_scoring=True),
        member("two", "sky", "cloud", ext_use_group_scoring=True),
        member("none", "sea", ext_use_group_scoring=True),
    )
    assert {texts(run(lore, chat("sky cloud", seed=str(i))))[0] for i in range(20)} == {"two"}


def test_an_entry_may_be_in_several_groups() -> None:
    lore = book(
        member("both", group="a, b", ext_group_override=True), member("only a", group="a"), member("only b", group="b")
    )
    assert texts(run(lore, chat("sky"))) == ["both"]


def test_a_group_that_has_fired_takes_no_other_in_recursion() -> None:
    lore = book(member("wind", "sky"), member("calm", "wind"), recursive_scanning=True)
    result = run(lore, chat("sky"))
    assert texts(result) == ["wind"]
    assert reasons(result) == {"b.1": "group"}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"priority": 1}, {"priority": 2}, ["second one"]),
        ({"priority": 2}, {"priority": 1}, ["first one"]),
        ({"insertion_order": 2}, {"insertion_order": 1}, ["first one"]),
        ({"priority": 0, "constant": True}, {"priority": 9}, ["first one"]),
        ({}, {"ext_ignore_budget": True}, ["first one", "second one"]),
    ],
)
def test_the_lowest_go_when_the_budget_is_short(
    first: dict[str, Any], second: dict[str, Any], expected: list[str]
) -> None:
    lore = book(
        entry("sky", content="first one", **first), entry("sky", content="second one", **second), token_budget=3
    )
    result = run(lore, chat("sky"))
    assert texts(result) == expected
    assert list(reasons(result).values()) == ["budget"] * (2 - len(expected))


def test_what_ranks_below_a_cut_entry_is_cut_too() -> None:
    lore = book(
        entry("sky", content="a b", priority=3),
        entry("sky", content="c d", priority=2),
        entry("sky", content="e", priority=1),
        token_budget=3,
    )
    assert texts(run(lore, chat("sky"))) == ["a b"]


def test_an_entry_larger_than_the_whole_budget_is_cut_alone() -> None:
    lore = book(entry("sky", content="far too many words", priority=9), entry("sky", content="ok"), token_budget=3)
    assert texts(run(lore, chat("sky"))) == ["ok"]


def test_the_default_budget_is_a_quarter_of_the_context() -> None:
    lore = book(entry("sky", content="a b c"), entry("sky", content="d e f", insertion_order=1))
    assert len(run(lore, chat("sky"), context_tokens=24).fired) == 2
    assert texts(run(lore, chat("sky"), context_tokens=20)) == ["a b c"]


def test_a_book_keeps_to_its_own_budget_and_all_to_the_largest() -> None:
    def shelf(name: str, **fields: Any) -> Any:
        words = [entry("sky", content=f"{name}{i} x") for i in range(4)]
        return book(*words, book_id=name, **fields)

    small, large = shelf("s", token_budget=2), shelf("l", token_budget=6)
    result = run([small, large], chat("sky"))
    used = Counter(fired.key[0] for fired in result.fired)
    assert used["s"] == 1
    assert sum(fired.tokens for fired in result.fired) == 6


def test_a_cut_entry_feeds_no_recursion() -> None:
    lore = book(
        entry("sky", content="one two", priority=9),
        entry("sky", content="gold", priority=1),
        entry("gold", content="x"),
        recursive_scanning=True,
        token_budget=2,
    )
    assert texts(run(lore, chat("sky"))) == ["one two"]
