import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.plugins import ModelGarbage
from fabula.providers.openai_compatible.tokenizing import LLAMA, VLLM, read_answer, write_question

BETWEEN = [7, 11, 7, 13]


def test_llama_is_asked_for_many_texts_at_once() -> None:
    body = json.loads(write_question(LLAMA, "m", ["a", "b"]))
    assert body == {"content": ["a", *BETWEEN, "b", *BETWEEN], "add_special": False}


@given(st.lists(st.lists(st.integers(0, 14), max_size=8), max_size=6))
def test_the_tokens_of_each_text_are_told_apart(texts: list[list[int]]) -> None:
    # A text that ends in the beginning of what stands between two would need the same ids; none of these has them.
    plain = [[token for token in text if token != 7] for text in texts]
    tokens = [token for text in plain for token in [*text, *BETWEEN]]
    found = read_answer("p", LLAMA, [""] * len(plain), json.dumps({"tokens": tokens}).encode())
    assert found == [len(text) for text in plain]


@pytest.mark.parametrize(
    "answer", [b"{}", b"[]", b"\xff", b'{"tokens": [1, 2]}', b'{"tokens": [7, 11, 7, 13, 7, 11, 7, 13, 7, 11, 7, 13]}']
)
def test_an_answer_that_fits_no_question_is_garbage(answer: bytes) -> None:
    with pytest.raises(ModelGarbage):
        read_answer("p", LLAMA, ["a", "b"], answer)


def test_vllm_is_asked_for_all_texts_as_one() -> None:
    assert json.loads(write_question(VLLM, "m", ["a", "b"])) == {
        "model": "m",
        "prompt": "ab",
        "add_special_tokens": False,
    }
    assert read_answer("p", VLLM, ["only"], b'{"count": 17, "tokens": [1]}') == [17]


@given(st.lists(st.text(max_size=50), min_size=1, max_size=20), st.integers(0, 5_000))
def test_a_shared_count_loses_nothing(texts: list[str], total: int) -> None:
    found = read_answer("p", VLLM, texts, json.dumps({"count": total}).encode())
    assert len(found) == len(texts)
    assert sum(found) == (total if any(texts) else 0)
    assert min(found) >= 0
