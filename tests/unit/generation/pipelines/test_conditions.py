"""Conditions and texts over a run."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fabula.core.errors import AppError
from fabula.features import prompting
from fabula.features.generation.pipelines.liquid import check_text, check_when, holds, render
from fabula.features.prompting import MacroContext, Persona, TemplateContext, Variables

MACROS = MacroContext(prompting.read_character({"name": "Mira"}), Persona("Ada"), datetime(2026, 1, 1, tzinfo=UTC), "s")
CONTEXT = TemplateContext(MACROS, Variables({"mood": "calm"}), {"title": "T"}, [{"role": "user", "content": "Hi"}])
VALUES: dict[str, Any] = {
    "mode": "reply",
    "trigger": "user_message",
    "message": "Open the door!",
    "vars": {"mood": "wild", "n": "3"},
    "steps": {
        "sum": {"status": "done", "text": "short", "output": {"hits": 2}},
        "two words": {"status": "skipped", "text": "", "output": {}},
    },
    "answer": "Yes.",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("true", True),
        ("false", False),
        ("mode == 'reply'", True),
        ("trigger == 'manual'", False),
        ("message contains 'door' and vars.mood == 'wild'", True),
        ("steps.sum.status == 'done'", True),
        ("steps['two words'].status == 'skipped'", True),
        ("steps.sum.output.hits > 1", True),
        ("steps.never.text == 'x'", False),
        ("answer contains 'Yes' or false", True),
        ("char.name == 'Mira' and user.name == 'Ada'", True),
        ("chat.title == 'T'", True),
        ("messages.size > 3", False),
        ("nonsense", False),
        ("nonsense.deep.er == 1", False),
    ],
)
def test_conditions_see_the_run(expression: str, expected: bool) -> None:
    assert check_when(expression, "when") == []
    assert holds(expression, CONTEXT, VALUES) is expected


def test_texts_see_the_run_and_what_is_given_beside() -> None:
    text = "{{ char }} {{ user }} {{ mode }} {{ vars.n | plus: 1 }} {{ steps.sum.text }} {{ left }}{{getvar::mood}}"
    assert render(text, CONTEXT, {**VALUES, "left": "L"}) == "Mira Ada reply 4 short Lcalm"


def test_a_text_of_somebody_is_not_run() -> None:
    assert render("{{ message }}", CONTEXT, {**VALUES, "message": "{{ char }} {% if %}"}) == "{{ char }} {% if %}"


@pytest.mark.parametrize(
    ("text", "place"),
    [("ab {{ 1 | divided_by: 0 }}", "line 1, column 11:"), ("a\n{{ 1 | divided_by: 0 }}", "line 2, column 8:")],
)
def test_what_fails_in_a_run_is_placed_in_the_text(text: str, place: str) -> None:
    with pytest.raises(AppError) as raised:
        render(text, CONTEXT, VALUES)
    assert raised.value.message.startswith(place)


@pytest.mark.parametrize(
    ("text", "line", "column"), [("{% if a", 1, 1), ("a\nb {% nonsense %}", 2, 6), ("{{ a | nofilter }}", 1, None)]
)
def test_a_broken_text_is_placed_in_itself(text: str, line: int, column: int | None) -> None:
    (problem,) = check_text(text, "prompt")
    assert (problem.path, problem.line) == ("prompt", line)
    assert column is None or problem.column == column
    assert problem.column is not None
    assert problem.column <= len(text) + 1


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in (1..9000) %}{% for b in (1..9000) %}x{% endfor %}{% endfor %}",
        "{{ answer | append: answer }}" * 900,
    ],
)
def test_a_text_that_works_too_much_is_stopped(text: str) -> None:
    with pytest.raises(AppError):
        render(text, CONTEXT, {**VALUES, "answer": "x" * 200_000})


@pytest.mark.parametrize("expression", ["mode ==", "== 1", "a %}b{% if c", "{{ mode }}", "(", "a b c"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    assert check_when(expression, "when")
