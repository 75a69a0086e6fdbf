"""Settings and memory of a tale: pure decisions."""

from datetime import UTC, datetime

import pytest

from fabula.core.ids import PersonaId, uuid7
from fabula.features.generation.tale.effective import effective_settings, note_of, persona_of, variables_of
from fabula.features.generation.tale.memory import recall, to_meta
from fabula.features.generation.tale.scribe import depth_prompt_of
from fabula.features.lore import TimedChange
from fabula.features.prompting import (
    MacroContext,
    Persona,
    Position,
    VariableChange,
    VariableScope,
    read_character,
)
from fabula.plugins import Json


def test_the_chat_wins_over_the_profile_and_the_profile_over_the_workspace() -> None:
    workspace = {"model": "w", "personaId": "w", "presetId": "w"}
    found = effective_settings({"model": "c", "personaId": None}, {"model": "p", "personaId": "p"}, workspace)
    assert (found["model"], found["personaId"], found["presetId"]) == ("c", "p", "w")


def test_a_note_is_taken_whole_and_variables_name_by_name() -> None:
    found = effective_settings(
        {"authorNote": {"text": "c"}, "vars": {"a": 1}},
        {"authorNote": {"text": "p", "depth": 9}, "vars": {"a": 2, "b": 3}},
    )
    assert found["authorNote"] == {"text": "c"}
    assert found["vars"] == {"a": 1, "b": 3}


def test_variables_are_texts() -> None:
    settings: dict[str, Json] = {"vars": {"n": 7, "f": 1.5, "yes": True, "no": False, "none": None, "list": []}}
    assert variables_of(settings) == {"n": "7", "f": "1.5", "yes": "true", "no": "false"}


def test_what_is_no_id_asks_for_no_persona() -> None:
    known = uuid7()
    assert persona_of({"personaId": known}) == PersonaId(known)
    assert [persona_of({"personaId": bad}) for bad in ("x", 7, None)] == [None, None, None]


def test_a_note_has_its_usual_place_where_it_names_none() -> None:
    note = note_of({"authorNote": {"text": "N", "depth": -1, "role": "pirate", "position": "moon"}})
    assert note is not None
    assert (note.depth, note.role, note.position) == (4, "system", Position.AT_DEPTH)
    assert note_of({"authorNote": {"text": ""}}) is None
    assert note_of({"authorNote": "text"}) is None


def test_memory_is_the_changes_met_along_the_branch() -> None:
    timed = TimedChange("b.e", 3, 5, 8, matched=True)
    first = to_meta([timed], [VariableChange(VariableScope.CHAT, "hp", "3")])
    second = to_meta(
        [], [VariableChange(VariableScope.CHAT, "hp", "2"), VariableChange(VariableScope.GLOBAL, "g", "1")]
    )
    assert first is not None
    assert second is not None
    memory = recall([first, second], {"hp": "9", "gold": "4"})
    assert memory.variables.chat == {"hp": "2", "gold": "4"}
    assert memory.variables.shared == {"g": "1"}
    assert memory.timed.effects == {"b.e": timed}
    assert to_meta([], []) is None


def test_a_meta_in_another_form_is_no_effect() -> None:
    broken: dict[str, Json] = {
        "lore": [7, {"entry": 1}, {"start": 2}],
        "vars": {"chat": {"a": 1}, "global": "x"},
        "rawText": "t",
    }
    memory = recall([broken, {"lore": "x", "vars": []}], {})
    assert (memory.variables.chat, memory.timed.effects) == ({}, {})


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"prompt": "P", "depth": 2, "role": "user"}, ("P", 2, "user")),
        ({"prompt": "P", "depth": 2.0}, ("P", 2, "system")),
        ({"prompt": "P", "depth": -1, "role": "nobody"}, ("P", 4, "system")),
        ({"prompt": None}, ("", 4, "system")),
        ("P", ("", 4, "system")),
    ],
)
def test_a_cards_depth_prompt(given: Json, found: tuple[str, int, str]) -> None:
    char = read_character({"name": "M", "extensions": {"depth_prompt": given}})
    assert depth_prompt_of(MacroContext(char, Persona(), datetime(2026, 1, 1, tzinfo=UTC), "seed")) == found
