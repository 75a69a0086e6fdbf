"""The built-in template over plain cards, and over real ones read at run time."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.features.prompting import (
    DEFAULT_SYSTEM,
    HistoryMessage,
    MacroContext,
    Persona,
    PromptParts,
    TemplateContext,
    Variables,
    build,
    expand_fields,
    parse_examples,
    read_character,
    render,
    render_builtin,
)
from fabula.features.prompting.builtin import BUILTIN_TEMPLATE
from fabula.features.prompting.template import validate
from fabula.features.prompting.tokens import find_counter
from fabula.features.prompting.types import Character
from fabula.plugins.contracts import Json
from tests.unit.prompting.support import CARD, NOW, macro_context

REAL = (
    "v2_st_seraphina_with_book.png",
    "v2_chub_hybrid_root_and_data.png",
    "v3_ccv3_only.png",
    "v3_json_in_chara_chunk.png",
    "v2_book_no_extensions.json",
    "v3_luna_full.json",
    "v3_detective_noir_decorator.json",
)


def system_of(card: Mapping[str, Json], persona: Persona | None = None) -> str:
    context = MacroContext(read_character(card), persona or Persona("Bob"), NOW, "seed")
    fields = expand_fields(context, Variables(), system=DEFAULT_SYSTEM)
    return render(BUILTIN_TEMPLATE, TemplateContext(fields.ctx)).text


def test_parts_come_in_order_under_headings() -> None:
    text = system_of({**CARD, "system_prompt": ""}, Persona("Bob", "A hatter."))
    marks = [
        "You are Alice",
        "# Alice\nA curious",
        "# Personality of Alice\npolite",
        "# Scenario\nDown",
        "# Bob\nA hatter.",
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_empty_parts_leave_nothing_behind() -> None:
    text = system_of({"name": "Alice", "description": " \n", "scenario": "Here."})
    assert "# Alice" not in text
    assert "\n\n\n" not in text
    assert text.endswith("# Scenario\nHere.")
    assert system_of({"name": "Alice"}).count("#") == 0


def test_a_cards_system_prompt_replaces_ours_and_may_splice_it_in() -> None:
    assert system_of({"name": "A", "system_prompt": "Be brief."}) == "Be brief."
    spliced = system_of({"name": "Alice", "system_prompt": "Before. {{original}} After."})
    assert spliced.startswith("Before. You are Alice, and")
    assert spliced.endswith(" After.")


def test_fields_are_expanded_once_and_see_those_before_them() -> None:
    card = {"name": "{{user}}", "scenario": "In {{char}}'s house", "description": "{{scenario}}; {{unknown}}"}
    fields = expand_fields(macro_context(char=read_character(card)), Variables())
    assert fields.ctx.char.description == "In {{user}}'s house; {{unknown}}"
    assert fields.unknown == ("unknown",)


def test_variables_written_by_one_field_are_read_by_the_next() -> None:
    card = {"name": "A", "scenario": "{{setvar::mood::glad}}", "description": "{{getvar::mood}}{{hidden_key:k}}"}
    fields = expand_fields(macro_context(char=read_character(card)), Variables())
    assert fields.ctx.char.description == "glad"
    assert [change.value for change in fields.changes] == ["glad"]
    assert fields.hidden_keys == ("k",)


def test_wrong_types_in_a_card_count_as_empty() -> None:
    char = read_character({"name": "A", "description": None, "scenario": 7, "personality": ["x"], "system_prompt": {}})
    assert (char.description, char.scenario, char.personality, char.system_prompt) == ("", "", "", "")


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("<START>\n{{user}}: Hi\n{{char}}: Ho\nmore", [[("user", "Hi"), ("assistant", "Ho\nmore")]]),
        ("Bob: Hi\nalice: Ho", [[("user", "Hi"), ("assistant", "Ho")]]),
        ("<start>\nA hall.\nAlice Liddell: Ho <START> <USER>: Hi", [[("system", "A hall."), ("assistant", "Ho")], [("user", "Hi")]]),
        ("<START>\n<START>\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_examples_are_cut_into_dialogues(text: str, spoken: list[list[tuple[str, str]]]) -> None:
    dialogues = parse_examples(text, read_character(CARD), Persona("Bob"))
    assert [[(m.role, m.text) for m in dialogue.messages] for dialogue in dialogues] == spoken


def test_a_name_may_be_longer_in_lower_case() -> None:
    (dialogue,) = parse_examples("İpek:Merhaba", read_character({"name": "İpek"}), Persona("Bob"))
    assert [(m.role, m.text) for m in dialogue.messages] == [("assistant", "Merhaba")]


def test_a_template_of_ours_is_valid() -> None:
    assert validate(BUILTIN_TEMPLATE) == ()


def _read_card(file: Path) -> Mapping[str, Json]:
    raw = file.read_bytes()
    if file.suffix == ".png":
        chunks: dict[bytes, bytes] = {}
        at = 8
        while at < len(raw):
            size = int.from_bytes(raw[at : at + 4], "big")
            if raw[at + 4 : at + 8] == b"tEXt":
                key, _, value = raw[at + 8 : at + 8 + size].partition(b"\0")
                chunks[key] = value
            at += size + 12
        raw = base64.b64decode(chunks.get(b"ccv3") or chunks[b"chara"])
    card = json.loads(raw)
    data: Mapping[str, Json] = card.get("data", card)
    return data


@pytest.mark.parametrize("name", REAL)
def test_a_real_card_becomes_a_prompt(cases: Path, name: str) -> None:
    card = _read_card(cases / "cards" / name)
    char = read_character(card)
    context = MacroContext(char, Persona("Robin", "A visitor."), NOW, "seed")
    fields = expand_fields(context, Variables(), system=DEFAULT_SYSTEM)
    system = render(BUILTIN_TEMPLATE, TemplateContext(fields.ctx)).text
    examples = parse_examples(fields.ctx.char.mes_example, fields.ctx.char, fields.ctx.user)
    parts = PromptParts(
        system,
        [HistoryMessage("g", "assistant", "Welcome."), HistoryMessage("u", "user", "Hello.")],
        examples=examples,
        post_history=fields.ctx.char.post_history_instructions,
    )
    prompt = build(parts, context_tokens=8_192, reserved_tokens=512, counter=find_counter())
    sent = "\n".join(message.content for message in prompt.messages)

    assert fields.unknown == ()
    assert "{{" not in sent
    assert not any("<START>" in m.text for dialogue in examples for m in dialogue.messages)
    assert (f"# {char.display}\n" in system) == bool(char.description.strip())
    assert ("# Scenario\n" in system) == bool(char.scenario.strip())
    assert system.endswith("# Robin\nA visitor.")
    assert len(examples) == len([b for b in char.mes_example.split("<START>") if b.strip()])
    assert {m.role for dialogue in examples for m in dialogue.messages} <= {"user", "assistant", "system"}
    assert prompt.pieces[0].origin == "system"
    assert (prompt.pieces[-1].origin == "post_history") == bool(char.post_history_instructions.strip())
    assert prompt.tokens <= 8_192 - 512


_FIELD = st.sampled_from(
    ["", "  \n", "Text.", "  Two\n\nparagraphs. ", "{{ not liquid }} {% if %}", "Ünïcode — «тест»"]
)


@given(_FIELD, _FIELD, _FIELD, _FIELD, _FIELD, st.sampled_from(["Ours.", ""]))
def test_the_fast_way_writes_what_the_template_renders(
    own: str, description: str, personality: str, scenario: str, persona: str, ours: str
) -> None:
    char = Character("Mira", "", description, personality, scenario, system_prompt=own)
    ctx = MacroContext(char, Persona("Ann", persona), NOW, "seed", original=ours)
    assert render_builtin(ctx) == render(BUILTIN_TEMPLATE, TemplateContext(ctx)).text
