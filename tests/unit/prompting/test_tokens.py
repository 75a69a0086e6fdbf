import hashlib
import json
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.features.prompting.tokens import CachedCounter, EstimatingCounter, find_counter

ESTIMATE = EstimatingCounter()


def _prose(cases: Path, language: str) -> str:
    data = json.loads((cases / "retrieval" / "xquad" / f"xquad.{language}.json").read_text())["data"]
    return "\n".join(paragraph["context"] for article in data for paragraph in article["paragraphs"])


@pytest.mark.parametrize(("language", "least", "most"), [("en", 3.7, 4.5), ("ru", 2.2, 2.8)])
def test_prose_comes_to_the_calibrated_characters_a_token(
    cases: Path, language: str, least: float, most: float
) -> None:
    text = _prose(cases, language)
    assert least <= len(text) / ESTIMATE.count(text) <= most


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("今天天气很好我们去公园散步吧。她笑着说好。", 1.0, 1.5),
        ("今日はとても良い天気なので、公園へ散歩に行きましょう。", 1.0, 1.5),
        ("오늘은 날씨가 아주 좋아서 공원에 산책하러 갔습니다.", 1.0, 1.6),
        ("for (let i = 0; i < xs.length; i++) { total += xs[i].value * 3; }", 2.2, 3.5),
    ],
)
def test_other_scripts_and_code_are_denser(text: str, least: float, most: float) -> None:
    assert least <= len(text) / ESTIMATE.count(text) <= most


def test_empty_is_nothing_and_anything_is_something() -> None:
    assert ESTIMATE.count("") == 0
    assert ESTIMATE.count(" ") == 1
    assert ESTIMATE.count("\ud800") >= 1  # a lone surrogate, as broken JSON brings


@given(st.text(), st.text())
def test_more_text_never_has_fewer_tokens(left: str, right: str) -> None:
    assert ESTIMATE.count(left + right) >= ESTIMATE.count(left)
    assert ESTIMATE.count(left + right) <= ESTIMATE.count(left) + ESTIMATE.count(right) + 1


def test_a_long_text_is_counted_in_milliseconds() -> None:
    text = "She said: «Ничего», 好。 " * 50_000
    started = time.thread_time()
    ESTIMATE.count(text)
    assert time.thread_time() - started < 0.5


class _Counting:
    """An encoding that remembers how often it was asked."""

    name = "counting"

    def __init__(self) -> None:
        self.asked = 0

    def count(self, text: str) -> int:
        self.asked += 1
        return len(text)


def test_a_text_is_counted_once_and_the_cache_is_bounded() -> None:
    inner = _Counting()
    counter = CachedCounter(inner)
    text = "a longer text " * 10
    assert (counter.count(text), counter.count("".join(list(text)))) == (140, 140)
    assert inner.asked == 1
    for number in range(40_000):
        counter.count(f"{number:080d}")
    assert len(counter._known._young) + len(counter._known._old) <= 2 * 16_384
    counter.count(text)
    assert inner.asked == 40_002


def test_without_tiktoken_the_estimate_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert find_counter().name == "estimate"


def test_tiktoken_is_used_only_when_its_file_is_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Encoding:
        def encode_ordinary(self, text: str) -> list[int]:
            return [1] * len(text.split())

    module = ModuleType("tiktoken")
    module.__spec__ = type(sys.__spec__)("tiktoken", None)
    monkeypatch.setattr(module, "get_encoding", {"cl100k_base": Encoding()}.__getitem__, raising=False)
    monkeypatch.setitem(sys.modules, "tiktoken", module)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert find_counter().name == "estimate"
    address = b"https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken"
    (tmp_path / hashlib.sha1(address, usedforsecurity=False).hexdigest()).touch()
    counter = find_counter()
    assert (counter.name, counter.count("three short words")) == ("tiktoken:cl100k_base", 3)
