import re
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.features.prompting import LastMessages, VariableChange, Variables, VariableScope
from fabula.features.prompting.macros import expand
from tests.unit.prompting.support import NOW, macro_context

CHAT, GLOBAL = VariableScope.CHAT, VariableScope.GLOBAL


def say(text: str, variables: Variables | None = None, **changes: object) -> str:
    return expand(text, macro_context(**changes), variables or Variables()).text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{char}}", "Alice"),
        ("{{ ChAr }}", "Alice"),
        ("<BOT> <char> <USER>", "Alice Alice Bob"),
        ("{{user}}", "Bob"),
        ("{{group}}", "Alice"),
        ("<GROUP>", "Alice"),
        ("{{charIfNotGroup}}", "Alice"),
        ("{{persona}}", "A hatter."),
        ("{{description}}", "A curious girl."),
        ("{{personality}}", "polite"),
        ("{{scenario}}", "Down the hole."),
        ("{{mesExamples}}", "<START>"),
        ("{{charPrompt}}", "Be Alice."),
        ("{{charInstruction}}", "Stay small."),
        ("{{charJailbreak}}", "Stay small."),
        ("{{char_version}}", "1.2"),
        ("{{lastMessage}}", "Who are you?"),
        ("{{lastUserMessage}}", "Off with it"),
        ("{{lastCharMessage}}", "I hardly know"),
        ("{{lastMessageId}}", "9"),
        ("{{firstIncludedMessageId}}", "2"),
        ("{{currentSwipeId}}/{{lastSwipeId}}", "3/4"),
        ("{{summary}}", "So far."),
        ("{{input}}", "typed"),
        ("{{original}}", "Ours."),
        ("{{model}}", "tiny-1"),
        ("{{maxPrompt}}", "4096"),
        ("{{lastGenerationType}}", "swipe"),
        ("{{outlet::Map}}", "North is up."),
        ("{{outlet::None}}", ""),
        ("a{{newline}}b{{newline::2}}c", "a\nb\n\nc"),
        ("a{{space}}b{{space::3}}c", "a b   c"),
        ("a\n\n{{trim}}\r\nb", "ab"),
        ("a{{noop}}b", "ab"),
        ("{{reverse:abc}}", "cba"),
        ("{{reverse::a::b}}", "b::a"),
        ("{{// a note }}x", "x"),
        (r"\{\{char\}\}", "{{char}}"),
        ("{{{char}}}", "{Alice}"),
        ("{{reverse:{{user}}}}", "boB"),
        ("{{ if description }} yes {{else}} no {{/if}}", "yes"),
        ("{{if !description}}yes{{else}}no{{/if}}", "no"),
        ("{{if {{getvar::absent}}}}yes{{/if}}", ""),
        ("{{#if 1}} kept {{/if}}", " kept "),
        ("{{setvar x}}\n  a\n    b\n{{/setvar}}{{getvar::x}}", "a\n  b"),
    ],
)
def test_prints_its_value(text: str, value: str) -> None:
    assert say(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{time}}", "3:06 PM"),
        ("{{time_UTC+2}}", "5:06 PM"),
        ("{{time_UTC-03:30}}", "11:36 AM"),
        ("{{time::UTC+9}}", "12:06 AM"),
        ("{{date}}", "March 4, 2026"),
        ("{{weekday}}", "Wednesday"),
        ("{{isotime}}", "15:06"),
        ("{{isodate}}", "2026-03-04"),
        ("{{datetimeformat DD.MM.YYYY HH:mm:ss}}", "04.03.2026 15:06:07"),
        ("{{datetimeformat::dddd [the] Do}}", "Wednesday the 4th"),
        ("{{timeDiff::2026-03-04T12:00::2026-03-04T10:00}}", "in 2 hours"),
        ("{{timeDiff::2026-03-01::2026-03-04}}", "3 days ago"),
        ("{{idle_duration}}", "2 hours"),
    ],
)
def test_tells_the_time_it_was_given(text: str, value: str) -> None:
    assert say(text) == value


def test_time_is_in_the_zone_of_now() -> None:
    assert say("{{isotime}}", now=NOW.astimezone(timezone(timedelta(hours=3)))) == "18:06"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=30), "a few seconds"),
        (timedelta(seconds=80), "a minute"),
        (timedelta(minutes=30), "30 minutes"),
        (timedelta(hours=1), "an hour"),
        (timedelta(hours=26), "a day"),
        (timedelta(days=20), "20 days"),
        (timedelta(days=35), "a month"),
        (timedelta(days=200), "7 months"),
        (timedelta(days=400), "a year"),
        (timedelta(days=1500), "4 years"),
    ],
)
def test_idle_time_is_told_in_rough_words(span: timedelta, words: str) -> None:
    assert say("{{idle_duration}}", last=LastMessages(user_at=NOW - span)) == words


def test_group_lists_all_names() -> None:
    assert say("{{group}}", group=("Alice", "Dinah")) == "Alice, Dinah"


def test_name_without_nickname_is_the_name() -> None:
    context = macro_context()
    assert say("{{char}}", char=type(context.char)("Hare")) == "Hare"


@pytest.mark.parametrize("text", ["{{random:a,b}}", "{{random::a::b}}", "{{random a, b}}", "{{pick:a,b}}"])
def test_chooses_one_of_its_items(text: str) -> None:
    assert {say(text, seed=str(seed)) for seed in range(40)} == {"a", "b"}


def test_escaped_comma_does_not_separate() -> None:
    assert {say(r"{{random:a\,b,c}}", seed=str(seed)) for seed in range(40)} == {"a,b", "c"}


def test_pick_takes_text_that_is_not_unicode() -> None:
    assert say("{{pick:\ud800}}") == "\ud800"


def test_pick_depends_on_its_place_and_not_on_what_is_said_around() -> None:
    items = "{{pick::" + "::".join("abcdefghijkl") + "}}"
    assert say(f"{items}{{{{random::1::2}}}}")[0] == say(f"{items}x")[0]
    assert len({say(" " * place + items).strip() for place in range(30)}) > 1


def test_same_seed_gives_the_same_text_and_another_seed_another() -> None:
    text = "{{roll:1000000}} {{random::" + "::".join(map(str, range(50))) + "}}"
    assert say(text) == say(text)
    assert say(text) != say(text, seed="seed-2")


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [("{{roll:6}}", 1, 6), ("{{roll:d20}}", 1, 20), ("{{roll 2d6+3}}", 5, 15), ("{{roll::3d4-1}}", 2, 11)],
)
def test_rolls_within_its_dice(text: str, least: int, most: int) -> None:
    rolled = {int(say(text, seed=str(seed))) for seed in range(200)}
    assert least <= min(rolled) < max(rolled) <= most


def test_writes_are_returned_and_nothing_is_mutated() -> None:
    variables = Variables({"hp": "5"}, {"day": "1"})
    result = expand("{{setvar::name::{{user}}}}{{decvar::hp}}{{addglobalvar::day::2}}", macro_context(), variables)
    assert result.text == "4"
    assert result.changes == (
        VariableChange(CHAT, "name", "Bob"),
        VariableChange(CHAT, "hp", "4"),
        VariableChange(GLOBAL, "day", "3"),
    )
    assert variables == Variables({"hp": "5"}, {"day": "1"})
    assert variables.apply(result.changes) == Variables({"hp": "4", "name": "Bob"}, {"day": "3"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{getvar::hp}}", "5"),
        ("{{getvar hp}}", "5"),
        ("{{var::list::1}}", "b"),
        ("{{var::list::9}}", ""),
        ("{{var::hp}}", "5"),
        ("{{getglobalvar::day}}", "1"),
        ("{{setglobalvar::day::7}}{{getglobalvar::day}}", "7"),
        ("{{incvar::hp}}{{incvar::hp}}", "67"),
        ("{{incglobalvar::new}}{{decglobalvar::new}}", "10"),
        ("{{addvar::hp::0.5}}{{getvar::hp}}", "5.5"),
        ("{{addvar::word::y}}{{getvar::word}}", "xy"),
        ("{{getvar::{{char}}_mood}}", "glad"),
        ("{{setvar::t::a::b}}{{getvar::t}}", "a::b"),
    ],
)
def test_reads_and_counts_variables(text: str, value: str) -> None:
    stored = Variables({"hp": "5", "list": '["a","b"]', "word": "x", "Alice_mood": "glad"}, {"day": "1"})
    assert say(text, stored) == value


def test_hidden_keys_and_comments_leave_the_text() -> None:
    result = expand("a{{hidden_key:dragon}}{{comment: for {{user}} }}b", macro_context(), Variables())
    assert (result.text, result.hidden_keys, result.comments) == ("ab", ("dragon",), ("for Bob",))


def test_a_note_does_nothing_and_the_branch_not_taken_does_nothing() -> None:
    text = "{{// {{setvar::a::1}} }}{{if 0}}{{setvar::b::1}}{{else}}{{setvar::c::1}}{{/if}}"
    assert [change.name for change in expand(text, macro_context(), Variables()).changes] == ["c"]


@pytest.mark.parametrize(
    ("text", "left", "names"),
    [
        ("{{nosuch}}", "{{nosuch}}", ("nosuch",)),
        ("{{nosuch::{{user}}}}", "{{nosuch::Bob}}", ("nosuch",)),
        ("{{roll:abc}}", "{{roll:abc}}", ("roll",)),
        ("{{time_UTC+99}}", "{{time_UTC+99}}", ("time_utc",)),
        ("{{char.name}}", "{{char.name}}", ("char.name",)),
        ("{{user | upcase}}", "{{user | upcase}}", ("user | upcase",)),
        ("{{random}}", "{{random}}", ("random",)),
        ("{{trim:}}\n{{trim::x}}", "{{trim:}}\n{{trim::x}}", ("trim",)),
        ("{{/if}}{{else}}", "{{/if}}{{else}}", ("/if", "else")),
        ("{{ {{char}}", "{{ Alice", ()),
        ("}} {{", "}} {{", ()),
    ],
)
def test_unknown_forms_stay_as_text_and_are_named(text: str, left: str, names: tuple[str, ...]) -> None:
    result = expand(text, macro_context(), Variables())
    assert (result.text, result.unknown) == (left, names)


@pytest.mark.parametrize("value", ["{{char}}", "a::b", "<USER>", "}}{{roll:6}}{{", "{{setvar::x::1}}", "{{trim}}"])
def test_what_a_macro_prints_is_never_read_again(value: str) -> None:
    last = LastMessages(text=value)
    result = expand("[{{lastMessage}}][{{reverse::{{lastMessage}}}}]", macro_context(last=last), Variables())
    assert result.text == f"[{value}][{value[::-1]}]"
    assert result.changes == ()


def test_separators_in_a_value_do_not_split_arguments() -> None:
    result = expand("{{setvar::x::{{lastMessage}}}}{{random::{{lastMessage}}}}", macro_context(), Variables())
    assert result.changes == (VariableChange(CHAT, "x", "Who are you?"),)
    assert say("{{random:{{lastMessage}}}}", last=LastMessages(text="a,b::c")) == "a,b::c"


@given(st.text(st.characters(exclude_characters="{}<\\")))
def test_text_without_macros_stays_and_stays_again(text: str) -> None:
    once = expand(text, macro_context(), Variables())
    assert once.text == text
    assert expand(once.text, macro_context(), Variables()) == once


@given(st.text(alphabet="{}char:;,\\ user<>/if#!|.\n"))
def test_any_braces_expand_without_an_error_and_the_same_twice(text: str) -> None:
    context = macro_context()
    assert expand(text, context, Variables()) == expand(text, context, Variables())


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 - hypothesis adds the zone
def test_formats_every_moment(moment: datetime) -> None:
    text = say("{{datetimeformat YYYY-MM-DD[T]HH:mm:ss}}", now=moment.replace(tzinfo=NOW.tzinfo))
    assert datetime.fromisoformat(text) == moment.replace(microsecond=0)
    assert re.fullmatch(r"\d{1,2}:\d\d [AP]M", say("{{time}}", now=moment.replace(tzinfo=NOW.tzinfo)))
