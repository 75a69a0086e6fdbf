"""The author's note of a header: where it stands and how often, read and written back."""

import pytest

from fabula.features.transfer.chatfile import new_header, settings_of, update_header
from fabula.features.transfer.types import JsonObject, Notes
from tests.unit.transfer.making import header

USUAL: JsonObject = {"text": "Slowly.", "depth": 4, "role": "system"}


@pytest.mark.parametrize(
    ("number", "position"), [(0, "after_char"), (1, None), (2, "before_char"), (9, None), ("2", None), (True, None)]
)
def test_the_note_stands_where_it_stood(number: object, position: str | None) -> None:
    note = settings_of(header(note_prompt="Slowly.", note_position=number))["authorNote"]
    assert note == (USUAL if position is None else {**USUAL, "position": position})


@pytest.mark.parametrize(
    ("position", "number"), [("after_char", 0), ("at_depth", 1), ("before_char", 2), (None, 1), ([], 1)]
)
def test_the_note_goes_out_to_where_it_stands(position: str | None, number: int) -> None:
    made = new_header("Mira", {"authorNote": {**USUAL, "position": position}})
    assert isinstance(made["chat_metadata"], dict)
    assert made["chat_metadata"]["note_position"] == number


def test_a_note_that_is_left_alone_goes_out_as_it_came() -> None:
    came = header(note_prompt="Slowly.", note_position=0, note_interval=3)
    assert update_header(came, settings_of(came)) is came


@pytest.mark.parametrize(("interval", "told", "written"), [(0, 0, 1), (1, 0, 1), (3, 1, 3), (None, 0, 1)])
def test_an_interval_has_no_effect_and_is_kept(interval: int | None, told: int, written: int) -> None:
    came, notes = header(note_prompt="Slowly.", note_interval=interval), Notes()
    settings_of(came, notes)
    assert [(note.code, note.path) for note in notes.all()] == [
        ("kept_without_effect", "chat_metadata.note_interval")
    ] * told
    changed = update_header(came, {"authorNote": {"text": "Fast."}})["chat_metadata"]
    assert isinstance(changed, dict)
    assert changed["note_interval"] == written
