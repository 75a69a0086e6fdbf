import contextlib
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.plugins import ModelCut, ModelError, ModelGarbage, ModelRejected, TokenUsage
from fabula.providers.openai_compatible.sse import EventSplitter, EventTooLong
from fabula.providers.openai_compatible.wire import Answer


def event(payload: object) -> bytes:
    return b"data: " + json.dumps(payload, ensure_ascii=False).encode() + b"\n\n"


def delta(finish: str | None = None, index: int = 0, **fields: str | None) -> bytes:
    return event({"id": "c1", "choices": [{"index": index, "delta": fields, "finish_reason": finish}]})


DONE = b"data: [DONE]\n\n"
USAGE = event({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}})
STREAM = (
    b": processing\n\n"
    + delta(role="assistant", content="")
    + delta(reasoning_content="let me ")
    + delta(reasoning="think", content=None)
    + delta(content="Привет, ")
    + delta(content='"data: [DONE]\n\ndata: {" 🦊')
    + delta(index=1, content="another choice")
    + delta(refusal=" no")
    + delta("stop")
    + USAGE
    + DONE
)
CONTENT = 'Привет, "data: [DONE]\n\ndata: {" 🦊 no'


def answer_of(pieces: list[bytes], characters: int = 1000) -> tuple[Answer, str, str, list[TokenUsage]]:
    answer, events = Answer("x", characters), EventSplitter(100_000)
    batches = [answer.take(block) for piece in pieces if (block := events.feed(piece))]
    batches.append(answer.take_rest(events.flush()))
    usages = [batch.usage for batch in batches if batch.usage]
    return answer, "".join(b.content for b in batches), "".join(b.reasoning for b in batches), usages


def check_whole(pieces: list[bytes]) -> None:
    answer, content, reasoning, usages = answer_of(pieces)
    assert (content, reasoning, usages) == (CONTENT, "let me think", [TokenUsage(11, 3)])
    assert answer.finished
    assert answer.done
    answer.settle()


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_a_stream_cut_at_any_byte_gives_the_same_answer(ending: bytes) -> None:
    stream = STREAM.replace(b"\n", ending)
    for at in range(len(stream) + 1):
        check_whole([stream[:at], stream[at:]])
    check_whole([stream[at : at + 1] for at in range(len(stream))])


@given(st.lists(st.integers(0, len(STREAM)), max_size=10))
def test_a_stream_in_any_pieces_gives_the_same_answer(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    check_whole([STREAM[a:b] for a, b in itertools.pairwise(edges)])


def test_one_read_is_one_batch_that_counts_its_deltas() -> None:
    batch = Answer("x", 1000).take(delta(content="a") + delta(content="b", reasoning="r") + delta(content=""))
    assert (batch.content, batch.reasoning, batch.deltas, batch.finish_reason) == ("ab", "r", 2, None)


@pytest.mark.parametrize("nothing", ["{}", '{"choices":null}', '{"choices":[{"delta":null}]}', '{"choices":[{}]}'])
def test_a_chunk_without_text_brings_nothing(nothing: str) -> None:
    answer = Answer("x", 1000)
    batch = answer.take(f"data: {nothing}\n\n".encode())
    assert (batch.content, batch.deltas, answer.fault, answer.finished) == ("", 0, None, False)


@pytest.mark.parametrize(
    "garbage",
    [b"data: {nope\n\n", b"data: 42\n\n", b"<html>\n\n", b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n',
     b'data: {"x":' + b"[" * 200_000 + b"\n\n", b'data: {"choices":[{"delta":{"content":7}}]}\n\n'],
)  # fmt: skip
def test_garbage_is_named_and_the_text_before_it_kept(garbage: bytes) -> None:
    answer = Answer("x", 1000)
    batch = answer.take(delta(content="kept") + garbage + delta(content="lost"))
    assert batch.content == "kept"
    assert isinstance(answer.fault, ModelGarbage)


def test_the_error_about_garbage_does_not_quote_it() -> None:
    answer = Answer("x", 1000)
    answer.take(b'data: {"secret words\n\n')
    assert "secret" not in str(answer.fault)


@pytest.mark.parametrize(
    ("payload", "status", "reason"),
    [
        ({"error": {"message": "too  long\n", "code": 400}}, 400, "too long"),
        ({"error": {"message": "out of tokens", "code": "429"}}, 429, "out of tokens"),
        ({"error": {"message": "m", "code": "server_error"}}, 502, "m"),
        ({"error": {"type": "overloaded"}}, 502, "overloaded"),
        ({"error": "plain"}, 502, "plain"),
        ({"object": "error", "message": "bare", "code": 400}, 502, "bare"),
        ({"error": {"message": "m", "code": 99}, "choices": [{"delta": {"content": ""}}]}, 502, "m"),
        ({"error": {"message": "m", "code": "²"}}, 502, "m"),
    ],
)
def test_an_error_inside_the_stream_is_the_error_it_would_have_been(payload: object, status: int, reason: str) -> None:
    answer = Answer("x", 1000)
    assert answer.take(delta(content="kept") + event(payload)).content == "kept"
    assert isinstance(answer.fault, ModelRejected)
    assert (answer.fault.status, answer.fault.reason) == (status, reason)


def test_a_stream_without_a_finish_reason_was_cut_even_if_it_says_done() -> None:
    answer, content, _, _ = answer_of([delta(content="half") + DONE])
    assert content == "half"
    with pytest.raises(ModelCut):
        answer.settle()


@pytest.mark.parametrize("tail", [b'data: {"choi', b"dat", b"event: x\ndata: {"])
def test_a_chunk_cut_in_the_middle_is_a_cut_and_not_garbage(tail: bytes) -> None:
    answer, content, _, _ = answer_of([delta(content="half") + tail])
    assert content == "half"
    with pytest.raises(ModelCut):
        answer.settle()


@pytest.mark.parametrize(("limit", "content", "reasoning"), [(6, "cd", "abab"), (4, "", "abab"), (3, "", "aba")])
def test_an_answer_is_cut_at_its_bound_and_says_length(limit: int, content: str, reasoning: str) -> None:
    answer = Answer("x", limit)
    batch = answer.take(delta(reasoning="abab") + delta(content="cdcd"))
    assert (batch.content, batch.reasoning, batch.finish_reason) == (content, reasoning, "length")
    assert answer.is_full
    answer.settle()


def test_an_answer_of_exactly_its_bound_is_not_cut() -> None:
    answer = Answer("x", 4)
    assert answer.take(delta(content="abcd")).finish_reason is None
    assert answer.take(delta("stop")).finish_reason == "stop"


@given(st.lists(st.binary(max_size=60) | st.sampled_from([delta(content="a"), DONE, b"data: ", b"\n", b"\r\n\r\n"])))
def test_no_bytes_whatever_raise_anything_but_a_model_error(pieces: list[bytes]) -> None:
    with contextlib.suppress(ModelError, EventTooLong):
        answer_of(pieces)[0].settle()
