"""Texts of card and persona that print one another."""

import re
from typing import Any

import pytest

from fabula.features.prompting import (
    MacroContext,
    Persona,
    TemplateContext,
    VariableChange,
    Variables,
    VariableScope,
    expand_fields,
    read_character,
    render,
)
from fabula.features.prompting.errors import ExpansionTooLarge
from fabula.features.prompting.macros.syntax import MAX_DEPTH
from tests.unit.prompting.support import macro_context

FIELDS = ("scenario", "description", "personality", "mes_example", "system_prompt", "post_history_instructions")


def finish(persona: str = "", **card: Any) -> MacroContext:
    ctx = macro_context(char=read_character({"name": "Mira", **card}), user=Persona("Bob", persona), original="")
    return expand_fields(ctx, Variables()).ctx


def show(template: str, **card: Any) -> str:
    return render(template, TemplateContext(finish(**card))).text


def test_a_field_prints_the_finished_text_of_another_whichever_comes_first() -> None:
    found = finish(
        "Knows: {{description}}",
        description="{{char}} likes {{user}}.",
        scenario="In short: {{description}}",
        personality="{{persona}}",
    )
    assert found.user.description == "Knows: Mira likes Bob."
    assert found.char.scenario == "In short: Mira likes Bob."
    assert found.char.personality == "Knows: Mira likes Bob."


def test_a_field_that_would_print_itself_prints_nothing_there() -> None:
    found = finish(scenario="a{{description}}{{scenario}}", description="b{{personality}}", personality="c{{scenario}}")
    assert (found.char.scenario, found.char.description, found.char.personality) == ("abc", "bc", "c")


def test_a_field_acts_once_however_often_it_is_printed() -> None:
    card = {"name": "Mira", "scenario": "{{description}}{{description}}", "description": "{{incvar::n}}"}
    fields = expand_fields(macro_context(char=read_character(card), user=Persona("Bob")), Variables())
    assert fields.ctx.char.scenario == "11"
    assert fields.changes == (VariableChange(VariableScope.CHAT, "n", "1"),)


def test_our_own_prompt_is_spliced_into_the_cards_alone() -> None:
    ctx = macro_context(
        char=read_character(
            {"name": "Mira", "description": "[{{charPrompt}}{{original}}]", "system_prompt": "<{{original}}>"}
        ),
        original="",
    )
    fields = expand_fields(ctx, Variables(), system="Be {{char}}.")
    assert (fields.ctx.char.description, fields.ctx.original) == ("[<Be Mira.>]", "Be Mira.")


def test_what_a_field_prints_is_never_read_again() -> None:
    card = read_character({"name": "{{user}}", "description": "{{char}}", "scenario": "{{description}}"})
    assert expand_fields(macro_context(char=card), Variables()).ctx.char.scenario == "{{user}}"


def test_the_deepest_fields_in_the_deepest_macros_are_expanded() -> None:
    printed = ("description", "personality", "mesExamples", "charPrompt", "charInstruction", "persona")
    depth = MAX_DEPTH - 1
    card = {
        field: "{{reverse::" * depth + "{{" + macro + "}}" + "}}" * depth
        for field, macro in zip(FIELDS, printed, strict=True)
    }
    assert finish("ab", **card).char.scenario == "ab"  # reversed an even number of times


def test_fields_that_print_one_another_over_and_over_are_too_large() -> None:
    card: dict[str, Any] = {"scenario": "{{description}}" * 1_000, "description": "{{personality}}" * 1_000}
    with pytest.raises(ExpansionTooLarge):
        finish(personality="x" * 100, **card)


def test_a_template_prints_every_text_of_a_card_expanded() -> None:
    card: dict[str, Any] = {
        "first_mes": "Hi {{user}}",
        "alternate_greetings": ["{{char}} waves", "Ho"],
        "extensions": {"depth_prompt": {"prompt": "{{user}}!"}},
        "assets": [{"name": "{{char}}'s face"}],
        "description": "{{user}}",
    }
    text = "{{ char.first_mes }}|{{ char.alternate_greetings | join: ',' }}|{{ char.extensions.depth_prompt.prompt }}"
    assert show(text, **card) == "Hi Bob|Mira waves,Ho|Bob!"
    assert show("{% for a in char.assets %}{{ a.name }}{% endfor %}|{{ char.nothing }}|{{ char }}", **card) == (
        "Mira's face||Mira"
    )
    assert show("{{ char.extensions }}", **card) == "{'depth_prompt': {'prompt': 'Bob!'}}"
    assert show("{% for f in char %}{% if f[0] == 'first_mes' %}{{ f[1] }}{% endif %}{% endfor %}", **card) == "Hi Bob"


def test_a_text_of_the_card_acts_once_and_only_when_it_is_printed() -> None:
    card: dict[str, Any] = {"creator_notes": "{{incvar::n}}", "first_mes": "{{incvar::m}}"}
    found = render("{{ char.creator_notes }}{{ char.creator_notes }}", TemplateContext(finish(**card)))
    assert found.text == "11"
    assert found.changes == (VariableChange(VariableScope.CHAT, "n", "1"),)


def test_a_finished_field_is_not_read_again_by_a_template() -> None:
    ctx = expand_fields(
        macro_context(char=read_character({"name": "M", "description": "{{user}}"}), user=Persona("{{char}}")),
        Variables(),
    ).ctx
    assert render("{{ char.description }}", TemplateContext(ctx)).text == "{{char}}"


def test_each_text_of_a_prompt_draws_for_itself_and_the_same_again() -> None:
    roll = "{{roll:d1000000}}"
    card = {field: field + roll for field in FIELDS} | {"first_mes": "first_mes" + roll}
    ctx = finish(**card)
    template = roll + "{{ char.first_mes }}"
    written = [getattr(ctx.char, field) for field in FIELDS] + [render(template, TemplateContext(ctx)).text]
    drawn = re.findall(r"\d+", " ".join(written))
    assert len(set(drawn)) == len(drawn) == len(FIELDS) + 2
    again = finish(**card)
    assert again == ctx
    assert render(template, TemplateContext(again)).text == written[-1]
