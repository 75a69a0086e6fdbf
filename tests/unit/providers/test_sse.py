import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.providers.openai_compatible.sse import EventSplitter, EventTooLong, iter_payloads

STREAM = b': hello\n\nevent: x\nid: 7\ndata: {"a":1}\n\ndata:{"b":\ndata: 2}\n\n: ping\ndata: last\n\n'
PAYLOADS = [b'{"a":1}', b'{"b":\n2}', b"last"]


def read(pieces: list[bytes], limit: int = 1000) -> list[bytes]:
    events = EventSplitter(limit)
    blocks = [events.feed(piece) for piece in pieces] + [events.flush()]
    return [payload for block in blocks for payload in iter_payloads(block)]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_any_line_ending_cut_at_any_byte_gives_the_same_events(ending: bytes) -> None:
    stream = STREAM.replace(b"\n", ending)
    for at in range(len(stream) + 1):
        assert read([stream[:at], stream[at:]]) == PAYLOADS
    assert read([stream[at : at + 1] for at in range(len(stream))]) == PAYLOADS


@given(st.lists(st.integers(0, len(STREAM)), max_size=8), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_number_of_cuts_gives_the_same_events(cuts: list[int], ending: bytes) -> None:
    stream = STREAM.replace(b"\n", ending)
    edges = [0, *sorted(cuts), len(stream)]
    assert read([stream[a:b] for a, b in itertools.pairwise(edges)]) == PAYLOADS


def test_an_empty_read_between_the_halves_of_a_line_ending_changes_nothing() -> None:
    assert read([b"data: 1\r", b"", b"\ndata: 2\r", b"", b"\n\r\n"]) == [b"1\n2"]


def test_an_event_is_handed_out_as_soon_as_its_blank_line_is_there() -> None:
    events = EventSplitter(100)
    assert events.feed(b"data: 1\r\n") == b""
    assert events.feed(b"\r") == b"data: 1\n\n"
    assert events.feed(b"\ndata: 2") == b""


def test_a_last_event_without_its_blank_line_counts() -> None:
    assert read([b"data: 1\n\ndata: 2"]) == [b"1", b"2"]


def test_a_byte_order_mark_is_no_part_of_the_first_field() -> None:
    assert read([b"\xef\xbb\xbfdata: 1\n\n"]) == [b"1"]


def test_what_is_no_field_counts_as_data_so_that_it_can_be_named() -> None:
    assert read([b'{"error":"full"}\n\nerror: {"code":1}\n\n']) == [b'{"error":"full"}', b'{"code":1}']


def test_an_event_that_never_ends_is_refused_at_the_limit() -> None:
    events = EventSplitter(10)
    assert events.feed(b"data: 1234") == b""
    with pytest.raises(EventTooLong):
        events.feed(b"5")


def test_whole_events_may_be_longer_together_than_the_limit() -> None:
    assert read([b"data: 1\n\n" * 9], limit=10) == [b"1"] * 9
