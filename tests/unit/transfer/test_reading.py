"""Chat files in: every shape a line comes in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fabula.features.conversations import Author, MessageRole
from fabula.features.transfer.chatfile import ChatLines, read_date, read_outline
from fabula.features.transfer.types import Notes
from tests.unit.transfer.making import MIRA, START, chat_file, header, read_all, said, swiped


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day …


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        (1674563371558, at(2023, 1, 24, 12, 29, 31, 558000)),
        ("1674563371558", at(2023, 1, 24, 12, 29, 31, 558000)),
        (1674563371, at(2023, 1, 24, 12, 29, 31)),
        ("June 19, 2023 2:20pm", at(2023, 6, 19, 14, 20)),
        ("June 19, 2023 12:05am", at(2023, 6, 19, 0, 5)),
        ("2024-7-12@01h31m37s", at(2024, 7, 12, 1, 31, 37)),
        ("2024-6-5 @14h 56m 50s 682ms", at(2024, 6, 5, 14, 56, 50, 682000)),
        ("2024-06-05T14:56:50.682Z", at(2024, 6, 5, 14, 56, 50, 682000)),
        ("2024-06-05T14:56:50+02:00", at(2024, 6, 5, 12, 56, 50)),
        ("2024-06-05T14:56:50", at(2024, 6, 5, 14, 56, 50)),
    ],
)
def test_every_form_of_a_date_is_read(raw: Any, moment: datetime) -> None:
    assert read_date(raw) == moment


@pytest.mark.parametrize(
    "raw", [None, True, "", "soon", "2024-13-45@99h99m99s", "Brumaire 19, 2023 2:20pm", 1e300, -5e14, [], "9" * 5000]
)
def test_what_is_no_date_is_none(raw: Any) -> None:
    assert read_date(raw) is None


def test_the_chat_of_2023_is_read(cases: Path) -> None:
    data = (cases / "cards" / "st_chat_2023_minimal.jsonl").read_bytes()
    (message,) = read_all(data)
    assert message.author == Author("entity_profile", None, "Aqua")
    assert message.created_at == at(2023, 1, 24, 12, 29, 31, 558000)
    assert message.variants[0].prompt_text.startswith("*I am in the town square")
    outline = read_outline("Aqua.jsonl", data)
    assert (outline.character, outline.notes) == ("Aqua", ())


def test_swipes_become_variants_and_the_shown_one_is_selected() -> None:
    (message,) = read_all(chat_file(header(), swiped(["One", "Two", "Three"], 1)))
    assert [variant.prompt_text for variant in message.variants] == ["One", "Two", "Three"]
    assert message.selected == 1
    assert message.variants[0].created_at == at(2024, 6, 5, 14, 57)
    assert message.variants[1].created_at == at(2024, 6, 5, 14, 56, 50, 682000)


@pytest.mark.parametrize(
    ("line", "texts", "shown"),
    [
        ({"mes": "Two", "swipes": ["One", "Two"], "swipe_id": "1"}, ["One", "Two"], 1),
        ({"mes": "Two", "swipes": ["One", "Two"]}, ["One", "Two"], 1),
        ({"mes": "Two", "swipes": ["One", "Two"], "swipe_id": 7}, ["One", "Two"], 1),
        ({"mes": "New", "swipes": ["One", "Two"], "swipe_id": None}, ["One", "Two", "New"], 2),
        ({"mes": "Mended", "swipes": ["One", "Two"], "swipe_id": 0}, ["Mended", "Two"], 0),
        ({"swipes": ["One", "Two"], "swipe_id": 1}, ["One", "Two"], 1),
        ({"mes": {"message": "Hi"}, "swipes": [{"message": "Hi"}, {"message": "Ho"}], "swipe_id": 0}, ["Hi", "Ho"], 0),
        ({"mes": "One", "swipes": [], "swipe_id": 0}, ["One"], 0),
        ({"mes": None, "is_user": True}, [""], 0),
        ({"mes": "a\x00b\ud800"}, ["a\ufffdb\ufffd"], 0),
    ],
)
def test_odd_texts_and_swipes_are_understood(line: dict[str, Any], texts: list[str], shown: int) -> None:
    import json

    data = json.dumps(line).encode()
    (message,) = read_all(data)
    assert ([variant.prompt_text for variant in message.variants], message.selected) == (texts, shown)


@pytest.mark.parametrize(
    ("more", "role", "hidden"),
    [
        ({}, MessageRole.ASSISTANT, False),
        ({"is_user": True}, MessageRole.USER, False),
        ({"is_system": True}, MessageRole.ASSISTANT, True),
        ({"is_user": True, "is_system": True}, MessageRole.USER, True),
        ({"extra": {"type": "narrator"}}, MessageRole.SYSTEM, False),
        ({"extra": {"type": "comment"}, "is_system": True}, MessageRole.SYSTEM, True),
        ({"extra": {"isSmallSys": True}}, MessageRole.SYSTEM, False),
        ({"extra": {"tool_invocations": [{"name": "roll"}]}, "is_system": True}, MessageRole.TOOL, True),
        ({"extra": "broken"}, MessageRole.ASSISTANT, False),
    ],
)
def test_who_speaks_and_what_is_hidden(more: dict[str, Any], role: MessageRole, hidden: bool) -> None:
    (message,) = read_all(chat_file(header(), {**said("Hi"), **more}))
    assert (message.role, message.hidden) == (role, hidden)


def test_names_become_authors() -> None:
    lines = [said("Hi", user=True), said("Ho"), {**said("Hm"), "name": "Guest"}]
    found = [message.author for message in read_all(chat_file(header(), *lines))]
    assert found == [Author("user", None, "Ann"), Author("entity_profile", MIRA, "Mira"),
                     Author("entity_profile", None, "Guest")]  # fmt: skip


def test_reasoning_is_each_swipes_own() -> None:
    line = swiped(["One", "Two"], 0, extra={"reasoning": "first"})
    line["swipe_info"][1]["extra"]["reasoning"] = "second"
    (message,) = read_all(chat_file(header(), line))
    assert [variant.reasoning for variant in message.variants] == ["first", "second"]


def test_swipe_info_may_be_shorter_than_swipes() -> None:
    line = swiped(["One", "Two", "Three"], 0)
    line["swipe_info"] = line["swipe_info"][:1]
    (message,) = read_all(chat_file(header(), line))
    assert len(message.variants) == 3
    assert message.variants[2].created_at == message.created_at


def test_a_message_without_a_date_was_written_when_the_one_before_it_was() -> None:
    lines = [{"mes": "a"}, said("b"), {"mes": "c", "send_date": "who knows"}]
    found = [message.created_at for message in read_all(chat_file(header(), *lines))]
    assert found == [START, at(2024, 6, 5, 14, 56, 50, 682000), at(2024, 6, 5, 14, 56, 50, 682000)]


def test_broken_lines_are_reported_by_number_and_the_rest_is_read() -> None:
    good = chat_file(said("a"))
    data = b"\xef\xbb\xbf" + chat_file(header()) + b"\r\n\r\n" + good + b"\r\n{oops\n[1]\n" + good + b'\n{"x":1}\n\n'
    outline = read_outline("x.jsonl", data)
    assert [(note.code, note.path) for note in outline.notes] == [
        ("blank_line", "line 2"),
        ("broken_line", "line 4"),
        ("broken_line", "line 5"),
        ("not_a_message", "line 7"),
    ]
    assert len(outline.digests) == len(read_all(data)) == 2


@pytest.mark.parametrize(
    "line", ["[" * 100_000, '{"mes":' + "[" * 5000 + "]" * 5000 + "}", '{"mes":' + "9" * 5000 + "}"]
)
def test_lines_that_would_overflow_are_broken_lines(line: str) -> None:
    notes = Notes()
    assert list(ChatLines(line.encode(), notes).messages()) == []
    assert [note.code for note in notes.all()] == ["broken_line"]


def test_bytes_that_are_not_text_are_replaced_and_noted() -> None:
    data = chat_file(header()) + b'\n{"mes":"caf\xe9"}'
    assert read_all(data)[0].variants[0].prompt_text == "caf\ufffd"
    assert read_outline("x", data).notes[0].code == "bad_utf8"


def test_a_file_may_lack_its_header() -> None:
    outline = read_outline("x", chat_file(said("a"), said("b", user=True)))
    assert (outline.header, outline.character, outline.notes[0].code) == (None, "Mira", "no_header")


def test_a_batch_holds_what_a_transaction_may_and_a_long_message_stands_alone() -> None:
    from fabula.features.conversations import importing
    from fabula.features.transfer.chatfile import read_batches
    from tests.unit.transfer.making import CAST

    lines = [said(str(n)) for n in range(610)] + [swiped([str(n) for n in range(700)], 0), said("end")]
    sizes = [sum(1 + len(m.variants) for m in batch) for batch in read_batches(chat_file(*lines), CAST, START)]
    full, rest_rows = divmod(1220, importing.BATCH_ROWS)
    assert sizes == [*[importing.BATCH_ROWS] * full, rest_rows, 701, 2]
    rest = [m for batch in read_batches(chat_file(*lines), CAST, START, skip=611) for m in batch]
    assert [m.variants[0].prompt_text for m in rest] == ["end"]


def test_the_report_stays_small() -> None:
    outline = read_outline("x", b"\n".join([b"{"] * 5000))
    assert (len(outline.notes), outline.notes[-1].code) == (101, "more_warnings")
