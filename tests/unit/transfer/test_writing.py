"""Chat files out: the same values for what nobody touched, and changes laid over what came."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fabula.core.ids import MessageId, VariantId, uuid7
from fabula.features.conversations import Author, MessageRole, NewMessage
from fabula.features.conversations.types import VariantKind
from fabula.features.transfer.chatfile import new_header, read_outline, settings_of, update_header, write_message
from tests.conftest import times
from tests.unit.transfer.making import (
    chat_file,
    header,
    message_of,
    new_variant,
    read_all,
    said,
    stored,
    swiped,
    written,
)

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
TEXTS = st.text(st.characters(), max_size=20)
KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "name": TEXTS | VALUES,
    "is_user": st.booleans() | VALUES,
    "is_system": st.booleans() | VALUES,
    "mes": TEXTS | VALUES,
    "swipes": st.lists(TEXTS | VALUES, max_size=4) | VALUES,
    "swipe_id": st.integers(-1, 4) | VALUES,
    "swipe_info": st.lists(st.fixed_dictionaries({}, optional={"send_date": TEXTS, "extra": VALUES}), max_size=5)
    | VALUES,
    "send_date": TEXTS | st.integers() | VALUES,
    "extra": st.fixed_dictionaries({}, optional={"reasoning": TEXTS, "branches": VALUES, "type": TEXTS}) | VALUES,
    "title": TEXTS,
    "force_avatar": TEXTS,
}
LINES = st.builds(
    lambda known, more, need: {**more, **known, **need},
    st.fixed_dictionaries({}, optional=KNOWN),
    st.dictionaries(TEXTS, VALUES, max_size=2),
    st.sampled_from(["mes", "swipes", "is_user"]).flatmap(lambda key: st.fixed_dictionaries({key: KNOWN[key]})),
)


@pytest.mark.slow
@given(st.lists(LINES, max_size=4))
@settings(max_examples=times(400))
def test_unedited_lines_go_out_as_the_values_they_were(lines: list[dict[str, Any]]) -> None:
    data = b"\n".join(json.dumps(line).encode() for line in [header(), *lines])
    found = written(read_all(data))
    assert [json.dumps(line) for line in found] == [json.dumps(line) for line in lines]


@given(LINES)
@settings(max_examples=times(200))
def test_a_changed_line_is_read_back_as_what_was_written(line: dict[str, Any]) -> None:
    data = json.dumps(line).encode()
    (came,) = read_all(data)
    message, variants = stored(came)
    added = new_variant("Another", reasoning="because")
    shown = replace(message, selected_variant_id=added.id, variant_count=len(variants) + 1)
    out = write_message(shown, [*variants, added], came.meta)
    (again,) = read_all(json.dumps(out).encode())
    texts = [variant.prompt_text for variant in again.variants]
    assert texts == [*(v.prompt_text for v in variants), "Another"]
    assert (again.selected, again.role, again.hidden) == (len(variants), came.role, came.hidden)
    assert again.variants[-1].reasoning == "because"


def test_a_selection_moves_what_belongs_to_the_swipe() -> None:
    line = swiped(["One", "Two"], 0, extra={"model": "m", "reasoning": "r"}, gen_started="s", title="kept", mine=[1])
    (came,) = read_all(chat_file(line))
    message, variants = stored(came)
    out = write_message(replace(message, selected_variant_id=variants[1].id), variants, came.meta)
    assert (out["mes"], out["swipe_id"], out["swipes"]) == ("Two", 1, ["One", "Two"])
    assert (out["title"], out["mine"], out["extra"]) == ("kept", [1], {"gen_id": 1})
    assert "gen_started" not in out
    infos = out["swipe_info"]
    assert isinstance(infos, list)
    first, second = infos
    assert first == {"send_date": line["send_date"], "gen_started": "s", "extra": {"model": "m", "reasoning": "r"}}
    assert second == line["swipe_info"][1]


def test_a_hidden_message_is_hidden_there_too() -> None:
    (came,) = read_all(chat_file(said("a", extra={"x": 1})))
    message, variants = stored(came)
    assert write_message(replace(message, hidden=True), variants, came.meta) == {
        **said("a", extra={"x": 1}),
        "is_system": True,
    }


def test_a_deleted_swipe_is_gone_and_the_others_keep_what_is_theirs() -> None:
    line = swiped(["One", "Two", "Three"], 2)
    (came,) = read_all(chat_file(line))
    message, variants = stored(came)
    out = write_message(message, variants[1:], came.meta)
    assert (out["swipes"], out["swipe_id"], out["extra"]) == (["Two", "Three"], 1, {})
    assert out["swipe_info"] == [line["swipe_info"][1], {"send_date": line["send_date"], "extra": {}}]


def test_an_edited_message_keeps_its_first_text_as_a_swipe() -> None:
    (came,) = read_all(chat_file(said("Helo")))
    message, variants = stored(came)
    edit = new_variant("Hello", VariantKind.MANUAL_EDIT)
    out = write_message(replace(message, selected_variant_id=edit.id), [*variants, edit], came.meta)
    assert (out["mes"], out["swipes"], out["swipe_id"]) == ("Hello", ["Helo", "Hello"], 1)


def test_messages_made_here_go_out_in_the_form_it_reads() -> None:
    only = new_variant("Good evening.", VariantKind.GREETING, reasoning="polite")
    new = NewMessage(MessageRole.ASSISTANT, only.prompt_text, Author("entity_profile", None, "Mira"))
    message = message_of(MessageId(uuid7()), new, only, 1, hidden=False)
    assert write_message(message, [only], None) == {
        "name": "Mira",
        "is_user": False,
        "is_system": False,
        "send_date": "2020-01-01T00:00:00.000Z",
        "extra": {"reasoning": "polite"},
        "mes": "Good evening.",
    }
    told = replace(message, role=MessageRole.SYSTEM, author=Author("system", None, "System"))
    line = write_message(told, [only], None)
    assert line["extra"] == {"type": "narrator", "reasoning": "polite"}
    (again,) = read_all(chat_file(line))
    assert again.role is MessageRole.SYSTEM


def test_own_lines_of_a_branch_win_over_the_shared_ones() -> None:
    theirs, own = said("a", extra={"branches": ["b"]}), said("a")
    (came,) = read_all(chat_file(theirs))
    message, variants = stored(came)
    assert write_message(message, variants, came.meta, own) == own
    moved = write_message(replace(message, hidden=True), variants, came.meta, own)
    assert moved == {**own, "is_system": True}


NOTED = header(
    note_prompt="Slowly.", note_interval=1, note_depth=2, note_role=1, note_position=1, mine={"x": 1},
    variables={"mood": "calm", "count": 3, "deep": {"a": 1}},
)  # fmt: skip


def test_an_unchanged_header_goes_out_as_it_came() -> None:
    assert update_header(NOTED, settings_of(NOTED)) is NOTED
    assert settings_of(NOTED) == {
        "authorNote": {"text": "Slowly.", "depth": 2, "role": "user"},
        "vars": {"mood": "calm", "count": 3},
    }


def test_changed_settings_go_into_the_header_and_unknown_fields_stay() -> None:
    changed = update_header(NOTED, {"vars": {"mood": "grim"}})
    assert changed["chat_metadata"] == {
        **NOTED["chat_metadata"],
        "note_prompt": "",
        "variables": {"deep": {"a": 1}, "mood": "grim"},
    }
    noted = update_header(header(), {"authorNote": {"text": "Fast.", "depth": 1, "role": "system"}})
    assert settings_of(noted) == {"authorNote": {"text": "Fast.", "depth": 1, "role": "system"}}


def test_a_header_made_here_names_the_character() -> None:
    made = new_header("Mira", {"vars": {"a": 1}})
    outline = read_outline("x", chat_file(made, said("a")))
    assert (outline.view.character, settings_of(outline.header)) == ("Mira", {"vars": {"a": 1}})


@given(VALUES)
def test_any_header_survives(meta: Any) -> None:
    given_header = {"user_name": "A", "chat_metadata": meta, "more": meta}
    line = json.loads(json.dumps(given_header))
    outline = read_outline("x", json.dumps(given_header).encode())
    assert outline.header == line
    assert update_header(line, settings_of(line)) == line
    assert VariantId(uuid7()) != ""
