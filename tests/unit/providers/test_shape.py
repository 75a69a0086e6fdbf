"""Reading chunks by their shape says just what decoding each of them says."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fabula.plugins import ChatBatch
from fabula.providers.openai_compatible import wire
from fabula.providers.openai_compatible.wire import Answer, learn
from tests.conftest import times


def payload(choice: dict[str, object], **beside: object) -> bytes:
    chunk = {"id": "c1", "created": 1, "choices": [{"index": 0, "finish_reason": None} | choice], **beside}
    return json.dumps(chunk, ensure_ascii=len(beside) % 2 == 0).encode()


def says(text: str, name: str = "content", **beside: object) -> bytes:
    return payload({"delta": {name: text}}, **beside)


def block(*payloads: bytes) -> bytes:
    return b"".join(b"data: %b\n\n" % one for one in payloads)


NASTY = ('"', "\\", "\\\\", '\\"},"finish_reason":null}]}', "\n\ndata: {", "\x00\x01", "🦊", "\ud7ff", "Ж", "")
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=5))
OTHERS = st.sampled_from(
    [
        payload({"delta": {"role": "assistant", "content": ""}}),
        payload({"delta": {}, "finish_reason": "stop"}),
        says("second choice", index=1) + b" ",
        payload({"index": 1, "delta": {"content": "another"}}),
        payload({"delta": {"content": "both", "reasoning": "both"}}),
        payload({"delta": {"content": "used"}}, usage={"prompt_tokens": 3, "completion_tokens": 1}),
        b'{"error": {"message": "busy", "code": 503}}',
        b'{"choices":[{"delta":{"content":"cut',
        b'{"choices":[{"delta":{"content":"\\"}}]}',
        b"[DONE]",
        b"\xff",
    ]
)
PAYLOADS = st.one_of(
    st.builds(says, TEXTS),
    st.builds(says, TEXTS, st.sampled_from(["content", "reasoning", "reasoning_content", "refusal"])),
    st.builds(lambda text, at: says(text, model="m", created=at), TEXTS, st.integers(1, 2)),
    OTHERS,
)


EVENTS = st.one_of(
    PAYLOADS.map(block),
    st.sampled_from(
        [
            b": still here\n\n",
            b"\n" + block(says("after a blank line")),
            b"event: delta\n" + block(says("named")),
            b"data:" + says("no space") + b"\n\n",
            b"data: " + says("with an id") + b"\nid: 5\n\n",
            b"data: " + says("two lines", created=1).replace(b", ", b",\ndata: ", 1) + b"\n\n",
            b'data: {"error":"busy"}\n\n',
        ]
    ),
)
RUNS = st.builds(lambda one, times: one * times, EVENTS, st.integers(1, 4))


def told(answer: Answer, blocks: list[bytes]) -> Iterator[tuple[object, ...]]:
    for one in blocks:
        if answer.fault is not None or answer.done:
            return
        yield _facts(answer.take(one)), *_state(answer)


def _facts(batch: ChatBatch) -> tuple[object, ...]:
    return batch.content, batch.reasoning, batch.deltas, batch.finish_reason, batch.usage


def _state(answer: Answer) -> tuple[object, ...]:
    is_over = answer.done or answer.fault is not None
    return answer.finished, is_over, answer.is_full, type(answer.fault), str(answer.fault)


@settings(max_examples=times(800))
@given(st.lists(st.lists(RUNS, min_size=1, max_size=6), max_size=8), st.sampled_from([0, 7, 1000]))
def test_every_stream_says_the_same_by_shape_and_chunk_by_chunk(reads: list[list[bytes]], bound: int) -> None:
    plain, quick = Answer("x", bound), Answer("x", bound)
    plain._looks = wire._LOOKS  # never looks for a shape
    blocks = [b"".join(events) for events in reads]
    assert list(told(quick, blocks)) == list(told(plain, blocks))


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is decoded chunk by chunk."""
    seen: list[bytes] = []
    decode = wire._decode_chunks

    def note(data: bytes) -> list[wire.Chunk]:
        seen.append(data)
        return decode(data)

    monkeypatch.setattr(wire, "_decode_chunks", note)
    return seen


def test_a_block_is_read_by_the_shape_of_its_first_text(decoded: list[bytes]) -> None:
    begin = payload({"delta": {"role": "assistant", "content": ""}})
    end = payload({"delta": {}, "finish_reason": "stop"})
    answer = Answer("x", 1000)
    batch = answer.take(block(begin, says("one"), says(" two"), says(" three"), end, b"[DONE]"))
    assert _facts(batch) == ("one two three", "", 3, "stop", None)
    assert answer.done
    assert decoded == [b"[%b]" % begin, b"[%b]" % end]


def test_the_end_of_a_stream_does_not_keep_a_shape_from_reading_what_is_before(decoded: list[bytes]) -> None:
    answer = Answer("x", 1000)
    answer.take(block(says("one")))
    end = payload({"delta": {}, "finish_reason": "stop"})
    batch = answer.take(block(says(" two"), says(" three"), end, b"[DONE]"))
    assert _facts(batch) == (" two three", "", 2, "stop", None)
    assert decoded == [b"[%b]" % end]


def test_a_shape_once_learned_reads_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer("x", 1000)
    answer.take(block(says("one")))
    monkeypatch.setattr(wire, "_decode_chunks", None)
    batch = answer.take(block(says(" two"), says(""), says(' "🦊" ')))
    assert _facts(batch) == (' two "🦊" ', "", 2, None, None)


def test_a_shape_that_changes_is_learned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer("x", 1000)
    for at in range(5):  # a server that stamps each chunk with its second
        answer.take(block(says("a", at=at)))
        assert answer.take(block(says("b", at=at))).content == "b"
    monkeypatch.setattr(wire, "_decode_chunks", None)
    assert answer.take(block(says("c", at=4))).content == "c"


def test_looking_ends_where_every_chunk_is_new() -> None:
    answer = Answer("x", 1000)
    for at in range(wire._LOOKS + 5):
        assert answer.take(block(says("a", at=at))).content == "a"
    assert answer._looks == wire._LOOKS


@pytest.mark.parametrize("spaced", [True, False])
@pytest.mark.parametrize("name", ["content", "reasoning", "reasoning_content", "refusal"])
def test_the_shape_of_a_chunk(name: str, spaced: bool) -> None:
    separators = (", ", ": ") if spaced else (",", ":")
    chunk = {"choices": [{"index": 0, "delta": {name: 'a "b" \\'}, "logprobs": None}], "usage": None}
    shape = learn(json.dumps(chunk, separators=separators).encode())
    assert shape is not None
    assert shape.is_thought is name.startswith("reasoning")
    again = json.dumps(chunk, separators=separators).replace(r"a \"b\" \\", "ж").encode()
    found = shape.read(block(again, again) + b": behind\n\n")
    assert found is not None
    batch, behind = found
    assert behind == b": behind\n\n"
    assert (batch.reasoning or batch.content, batch.deltas) == ("жж", 2)


@pytest.mark.parametrize(
    "strange",
    [
        says(""),
        payload({"delta": {"content": "a"}, "finish_reason": "stop"}),
        payload({"index": 1, "delta": {"content": "a"}}),
        payload({"delta": {"content": "a", "reasoning": "b"}}),
        says("a", usage={"prompt_tokens": 1}),
        says("a", error="busy"),
        b'{"choices":[{"delta":{"content":null,"other":{"content":"a"}}}]}',
        b'{"choices":[{"delta":{"content":"a"}',
        b"[DONE]",
        b"",
    ],
)
def test_a_chunk_that_says_more_than_one_text_has_no_shape(strange: bytes) -> None:
    assert learn(strange) is None
