"""The 20 decorators, their values and fallbacks."""

from typing import Any

import pytest

from fabula.features.lore import Position, fold
from fabula.features.lore.decorators import VALID, parse_content
from fabula.features.lore.types import LoreRole
from tests.unit.lore.factory import book, chat, entry, reasons, run, texts

LONG = chat(*["hello dragon"] * 10)  # five messages of the assistant


def fires(content: str, **scan: Any) -> bool:
    return bool(run(book(entry("dragon", content=content)), chat(*["hello dragon"] * 10, **scan)).fired)


def test_there_are_twenty() -> None:
    assert len(VALID) == 20


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("@@activate_only_after 5", True),
        ("@@activate_only_after 6", False),
        ("@@activate_only_every 5", True),
        ("@@activate_only_every 2", False),
        ("@@activate_only_every 0", True),  # invalid, so ignored
        ("@@dont_activate", False),
        ("@@dont_activate\n@@activate", True),
        ("@@additional_keys sky, hello", True),
        ("@@additional_keys sky", False),
        ("@@additional_keys hello\n@@additional_keys sky,sea", False),
        ("@@exclude_keys sky,hello", False),
        ("@@exclude_keys sky", True),
        ("@@exclude_keys sky\n@@exclude_keys hello", True),  # the first of a name wins
        ("@@scan_depth 0", False),
        ("@@scan_depth 1", True),
        ("@@instruct_scan_depth 0", True),
    ],
)
def test_conditions(lines: str, *, expected: bool) -> None:
    assert fires(lines + "\ntext") is expected


@pytest.mark.parametrize(("greeting", "expected"), [(0, False), (1, True), (None, True)])
def test_is_greeting_asks_only_where_the_greeting_is_known(greeting: int | None, *, expected: bool) -> None:
    assert fires("@@is_greeting 1\ntext", greeting=greeting) is expected


@pytest.mark.parametrize(("icon", "expected"), [("knight", True), ("monk", False), ("", False), (None, True)])
def test_is_user_icon_asks_only_where_icons_are_known(icon: str | None, *, expected: bool) -> None:
    assert fires("@@is_user_icon knight\ntext", user_icon=icon) is expected


def test_activate_needs_no_key_but_not_a_disabled_entry() -> None:
    lore = book(entry("never", content="@@activate\non"), entry("never", content="@@activate\noff", enabled=False))
    result = run(lore, LONG)
    assert texts(result) == ["on"]
    assert result.fired[0].by.value == "decorator"


@pytest.mark.parametrize(
    ("lines", "position", "depth"),
    [
        ("@@depth 3", Position.AT_DEPTH, 3),
        ("@@depth -1", Position.AT_DEPTH, 0),
        ("@@reverse_depth 2", Position.AT_DEPTH, 8),
        ("@@reverse_depth 99", Position.AT_DEPTH, 0),
        ("@@reverse_depth 2\n@@depth 3", Position.AT_DEPTH, 3),
        ("@@depth 3\n@@position scenario", Position.SCENARIO, 4),
        ("@@position before_desc", Position.BEFORE_CHAR, 4),
        ("@@position after_desc", Position.AFTER_DESCRIPTION, 4),
        ("@@position personality", Position.PERSONALITY, 4),
        ("@@position moon", Position.BEFORE_CHAR, 4),
        ("@@instruct_depth 3", Position.BEFORE_CHAR, 4),
        ("@@instruct_depth 3\n@@@depth 5", Position.AT_DEPTH, 5),
        ("@@reverse_instruct_depth 3\n@@@reverse_depth 9", Position.AT_DEPTH, 1),
        ("@@depth 5\n@@@instruct_depth 5", Position.AT_DEPTH, 5),
    ],
)
def test_placement(lines: str, position: Position, depth: int) -> None:
    placement = run(book(entry("dragon", content=lines + "\ntext")), LONG).fired[0].placement
    assert (placement.position, placement.depth) == (position, depth)


@pytest.mark.parametrize("role", list(LoreRole))
def test_role(role: LoreRole) -> None:
    fired = run(book(entry("dragon", content=f"@@role {role.value}\ntext")), LONG).fired
    assert fired[0].placement.role is role


def test_disable_ui_prompt_is_answered_also_without_text() -> None:
    lore = book(
        entry("dragon", content="@@disable_ui_prompt system_prompt"),
        entry("dragon", content="@@disable_ui_prompt nonsense"),
        entry("never", content="@@disable_ui_prompt post_history_instructions"),
    )
    result = run(lore, LONG)
    assert result.disabled_prompts == {"system_prompt"}
    assert result.at(Position.BEFORE_CHAR) == ()


def test_ignore_on_max_context_goes_first_whatever_its_priority() -> None:
    lore = book(
        entry("dragon", content="@@ignore_on_max_context\nrich detail", priority=999),
        entry("dragon", content="plain fact", priority=1),
        token_budget=3,
    )
    result = run(lore, LONG)
    assert texts(result) == ["plain fact"]
    assert reasons(result) == {"b.0": "budget"}
    assert run(book(entry("dragon", content="@@ignore_on_max_context\nx")), LONG).fired[0].trim_first


def test_keep_activate_after_match_fires_for_good() -> None:
    lore = book(entry("dragon", content="@@keep_activate_after_match\ntext"))
    first = run(lore, chat("dragon"))
    state = fold(first.changes)
    later = run(lore, chat("sky", chat_length=99), state)
    assert later.fired[0].by.value == "kept"
    assert later.changes == ()
    assert not run(lore, chat("sky")).fired


def test_dont_activate_after_match_fires_once() -> None:
    lore = book(entry("dragon", content="@@dont_activate_after_match\ntext"))
    first = run(lore, chat("dragon"))
    assert texts(first) == ["text"]
    again = run(lore, chat("dragon"), fold(first.changes))
    assert again.fired == ()
    assert reasons(again) == {"b.0": "already_matched"}


@pytest.mark.parametrize(
    ("content", "values", "body"),
    [
        ("no lines\n@@depth 1", {}, "no lines\n@@depth 1"),
        ("@@depth 1\ntext", {"depth": "1"}, "text"),
        ("\n\n@@depth 1\n\n\ntext\n", {"depth": "1"}, "text\n"),
        ("@@depth 1\r\n@@role user\r\ntext", {"depth": "1", "role": "user"}, "text"),
        ("@@depth 1\n@@depth 2\ntext", {"depth": "1"}, "text"),
        ("@@depth one\n@@depth 2\ntext", {"depth": "2"}, "text"),
        ("@@DEPTH 1\ntext", {"depth": "1"}, "text"),
        ("@@depth: 1\ntext", {"depth": "1"}, "text"),
        ("@@activate\n", {"activate": ""}, ""),
        ("@@activate", {"activate": ""}, ""),
        ("@@activate false\ntext", {}, "text"),
        ("@@unknown 1\ntext", {}, "text"),
        ("@@@depth 1\ntext", {}, "text"),
        ("@@unknown\n@@@depth 1\ntext", {"depth": "1"}, "text"),
        ("@@depth 1\n@@@depth 2\n@@@role user\ntext", {"depth": "1"}, "text"),
        ("@@a\n@@@b\n@@@c\n@@@d\n@@@e\n@@@f\n@@@depth 7\n@@@role user\ntext", {"depth": "7"}, "text"),
        ("@@depth x\n@@@role moon\n@@@role user\ntext", {"role": "user"}, "text"),
        ("@@activate_only_after 3\n@@@activate\ntext", {"activate_only_after": "3"}, "text"),
        ("@@@@depth 1\ntext", {}, "@@@@depth 1\ntext"),
        ("@@ depth 1", {}, "@@ depth 1"),
        ("", {}, ""),
    ],
)
def test_lines_are_cut_and_the_first_usable_of_a_name_counts(content: str, values: dict[str, str], body: str) -> None:
    lines, text = parse_content(content)
    assert (dict(lines.values), text) == (values, body)


def test_an_unanswerable_decorator_gives_way_to_its_fallback() -> None:
    content = "@@is_greeting 3\n@@@dont_activate\ntext"
    assert not fires(content, greeting=None)
    assert fires(content, greeting=3)


def test_additional_keys_are_further_patterns_with_use_regex() -> None:
    lore = book(entry("never", content="@@additional_keys wyv.rn\n@@exclude_keys wyvern\ntext", use_regex=True))
    assert run(lore, chat("a wyvern")).fired
