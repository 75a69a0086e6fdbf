from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.features.prompting import (
    LastMessages,
    Persona,
    TemplateContext,
    VariableChange,
    Variables,
    VariableScope,
    read_character,
    render,
)
from fabula.features.prompting.errors import TemplateFailed, TemplateInvalid, TemplateProblem
from fabula.features.prompting.template import validate
from tests.unit.prompting.support import CARD, macro_context

MESSAGES = ({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho {{char}} {% if %}"})


def context(**changes: object) -> TemplateContext:
    return TemplateContext(
        macro_context(**changes), Variables({"hp": "5"}), {"title": "T"}, MESSAGES, ["r1", "r2"], {"before": "L"}
    )


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{char}}|{{ char }}|{{ char.name }}", "Alice|Alice|Alice Liddell"),
        ("{{ char.description }} {{ char.extensions.depth }} {{ char.tags | join: '+' }}", "A curious girl. 7 classic+tale"),
        ("{{user}} {{ user.description }}", "Bob A hatter."),
        ("{{ user | upcase }}", "BOB"),
        ("{{ chat.title }} {{ rag | join: ',' }} {{ lore.before }}", "T r1,r2 L"),
        ("{% for m in messages %}[{{ m.role }}: {{ m.content }}]{% endfor %}", "[user: Hi][assistant: Ho {{char}} {% if %}]"),
        ("{{ messages.size }} {{ messages.first.role }}", "2 user"),
        ("{{ now | date: '%Y-%m-%d' }}", "2026-03-04"),
        ("{{ 'now' | date: '%Y' }}", "now"),
        ("{% if scenario != blank %}{{ scenario | downcase }}{% endif %}", "down the hole."),
        ("{% if char.absent %}a{% else %}b{% endif %}{{ char.absent.more }}", "b"),
        ("{% assign x = 1 | plus: 2 %}{{ x }}{% case x %}{% when 3 %}!{% endcase %}", "3!"),
        ("{% capture c %}{{user}}{% endcapture %}{{ c | append: '.' }}", "Bob."),
        ("{% raw %}{{user}}{% if %}{% endraw %}", "{{user}}{% if %}"),
        ("a{% comment %}{{ {% comment %}x{% endcomment %}{% endcomment %}b{% # note %}c", "abc"),
        ("a \n{{- user -}}\n b", "aBobb"),
        ("a \n{%- if true -%} b {%- endif -%} c", "abc"),
        ("a\n\n{{trim}}\nb", "ab"),
        ("{% for i in (1..3) reversed %}{{ i }}{% endfor %}", "321"),
        ("{% assign x = '}}' %}{{ x }}{{{user}}}", "}}{Bob}"),
        ("{{getvar::hp}} {{reverse::{{user}}}} {{outlet::Map}}", "5 boB North is up."),
        ("{{// {{user}} }}{{original}}", "Ours."),
        ("", ""),
    ],
)  # fmt: skip
def test_renders(template: str, text: str) -> None:
    assert render(template, context()).text == text


@pytest.mark.parametrize(
    ("template", "text", "names"),
    [
        ("{{nope}}", "{{nope}}", ("nope",)),
        ("{{ nope.field }}", "{{ nope.field }}", ("nope",)),
        ("{{nope::{{user}}}}", "{{nope::Bob}}", ("nope",)),
        ("{{nope: a}}", "{{nope: a}}", ("nope",)),
        ("{% if nope %}a{% endif %}{{ nope | upcase }}", "", ("nope",)),
        ("{{roll}}", "{{roll}}", ("roll",)),
        ("a\n{{trim:}}\nb", "a\n{{trim:}}\nb", ("trim",)),
        ("{{roll::x}}", "{{roll::x}}", ("roll",)),
    ],
)
def test_unknown_names_stay_as_text_and_are_named(template: str, text: str, names: tuple[str, ...]) -> None:
    rendered = render(template, context())
    assert (rendered.text, rendered.unknown) == (text, names)


@pytest.mark.parametrize(
    ("template", "line", "column", "message"),
    [
        ("a\n  {{ user", 2, 3, "never closed"),
        ("a\n{{ x | }}", 2, 7, "expected word"),
        ("a\n{{ x | }}\nb", 2, 7, "expected word"),
        ("{% if a == %}x{% endif %}\nline 2\nline 3\nline 4", 1, 11, "expression"),
        ("line1\n{% assign x = %}\n\n\nend", 2, 14, "expression"),
        ("line1\n{% assign x = %}{{ char }}\nend", 2, 14, "expression"),
        ("{{ char. }}\nmore\nmore", 1, 9, "expression"),
        ("x\n{% for i in %}{% endfor %}\ny", 2, 12, "expression"),
        ("{% if char %}\n{% elsif a == %}x{% endif %}\ny", 2, 14, "expression"),
        ("{% case char %}\n{% when %}x{% endcase %}\ny", 2, 4, "missing"),
        ("{% if char %}\n{{char}}\n{% if 1 %}x{% endif %}\ny", 4, 2, "endif"),
        ("{{ 'a'\n | nofilter }}", 2, 4, "no filter 'nofilter'"),
        ("\n\n{% include 'x' %}", 3, 4, "unexpected tag 'include'"),
        ("x {% endif %}", 1, 6, "unexpected tag 'endif'"),
        ("{% for i in (1..3) %}\nx", 2, 2, "endfor"),
        ("{% if %}x{% endif %}", 1, 4, "missing expression"),
        ("{{ }}", 1, 1, "nothing to print"),
        ("{% %}", 1, 1, "no name"),
        ("{% raw %}x", 1, 1, "endraw"),
        ("{% comment %}{% endcomment", 1, 1, "endcomment"),
        ("{% {{ %}", 1, 1, "no name"),
        ("{{ " + "a" * 1_001 + " | upcase }}", 1, 1, "longer than 1000"),
        ("{% if 1 %}" * 30 + "{% endif %}" * 30, 1, 214, "nesting"),
        ("x" * 70_000, 1, 1, "at most 65536"),
    ],
)
def test_problems_have_a_place(template: str, line: int, column: int, message: str) -> None:
    (problem,) = validate(template)
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message
    with pytest.raises(TemplateInvalid) as raised:
        render(template, context())
    assert raised.value.problems == (problem,)
    details = raised.value.details
    assert details is not None
    assert details["problems"] == [{"line": line, "column": column, "message": problem.message}]


def test_a_good_template_has_no_problems() -> None:
    assert validate("{% if char %}{{ char }}{% endif %}{{setvar::a::1}}") == ()


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ 1 | divided_by: 0 }}", "divide by 0"),
        ("\n{% break %}", "unexpected 'break'"),
        ("{% for i in messages limit: -5 %}{% endfor %}", "cannot be rendered"),
        ("{{ now | date: '" + "%Y" * 101 + "' }}", "at most 200"),
    ],
)
def test_a_template_that_fails_says_where(template: str, message: str) -> None:
    with pytest.raises(TemplateFailed, match=message) as raised:
        render(template, context())
    assert isinstance(raised.value.problems[0], TemplateProblem)


def test_values_are_never_parsed_as_liquid_or_macros() -> None:
    hostile = "{{user}}{% assign x = 1 %}{{setvar::a::1}}{{ 'a' | upcase }}"
    char = read_character({**CARD, "nickname": hostile, "description": hostile})
    rendered = render(
        "{{char}} {{ char.description }} {{description}} {{user}} {{lastMessage}}",
        context(char=char, user=Persona(hostile), last=LastMessages(text=hostile)),
    )
    assert rendered.text == " ".join([hostile] * 5)
    assert (rendered.changes, rendered.unknown) == ((), ())


def test_macros_of_a_branch_not_taken_do_nothing() -> None:
    rendered = render("{% if false %}{{setvar::a::1}}{% else %}{{setvar::b::2}}{{getvar::b}}{% endif %}", context())
    assert rendered.text == "2"
    assert rendered.changes == (VariableChange(VariableScope.CHAT, "b", "2"),)


def test_random_is_drawn_anew_in_each_round_and_pick_is_not() -> None:
    items = "::".join(map(str, range(1000)))
    template = "{% for i in (1..20) %}{{ITEM}} {% endfor %}"
    drawn = render(template.replace("ITEM", f"random::{items}"), context()).text.split()
    picked = render(template.replace("ITEM", f"pick::{items}"), context()).text.split()
    assert len(set(drawn)) > 10
    assert len(set(picked)) == 1
    assert drawn == render(template.replace("ITEM", f"random::{items}"), context()).text.split()


def test_picks_at_two_places_are_two_picks() -> None:
    items = "{{pick::" + "::".join(map(str, range(1000))) + "}}"
    first, second = render(f"{items} {items}", context()).text.split()
    assert first != second


@given(st.text(alphabet="{}%-|:.' \nacfhorifendusx=1(,)#/"))
def test_any_text_renders_or_has_a_problem_with_a_place(template: str) -> None:
    problems = validate(template)
    for problem in problems:
        assert 1 <= problem.line <= template.count("\n") + 1
        assert 1 <= problem.column <= len(template) + 1
    if not problems:
        with suppress(TemplateFailed):
            assert len(render(template, context()).text) < 1_000_000


@given(st.text(st.characters(exclude_characters="{}")))
def test_text_without_braces_renders_as_itself(template: str) -> None:
    assert render(template, context()).text == template
