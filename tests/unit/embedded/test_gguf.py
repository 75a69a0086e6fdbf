import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.providers.embedded.errors import WeightsBroken
from fabula.providers.embedded.gguf import GgufHead, read_head
from tests.unit.embedded.making import SMALL, make_gguf, pair, text


def head_of(tmp_path: Path, raw: bytes) -> GgufHead:
    file = tmp_path / "model.gguf"
    file.write_bytes(raw)
    return read_head(file)


def test_head_gives_architecture_title_and_context(tmp_path: Path) -> None:
    assert head_of(tmp_path, SMALL) == GgufHead("llama", "Tiny", 512)


def test_arrays_before_the_wanted_values_are_stepped_over(tmp_path: Path) -> None:
    raw = make_gguf(
        pair("general.tags", ["a", "длинное", ""]),
        pair("general.scores", [0.5, 1.5]),
        pair("general.architecture", "qwen3"),
        pair("qwen3.context_length", 40960),
    )
    assert head_of(tmp_path, raw) == GgufHead("qwen3", None, 40960)


def test_context_of_another_architecture_does_not_count(tmp_path: Path) -> None:
    raw = make_gguf(pair("general.architecture", "qwen3"), pair("llama.context_length", 512))
    with pytest.raises(WeightsBroken, match="no architecture or context length"):
        head_of(tmp_path, raw)


@pytest.mark.parametrize("cut", range(len(SMALL)))
def test_head_cut_anywhere_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(WeightsBroken):
        head_of(tmp_path, SMALL[:cut])


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"PK\x03\x04 a zip", "does not begin with the GGUF mark"),
        (make_gguf(version=9), "version is 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60), "out of bounds"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 60), "out of bounds"),
        (make_gguf(text("x") + struct.pack("<IIQ", 9, 8, 1 << 60)), "out of bounds"),
        (make_gguf(text("x") + struct.pack("<I", 77)), "unknown kind 77"),
    ],
)
def test_what_is_no_model_is_named(tmp_path: Path, raw: bytes, reason: str) -> None:
    with pytest.raises(WeightsBroken, match=reason):
        head_of(tmp_path, raw)


def test_absent_file_is_refused_with_the_systems_reason(tmp_path: Path) -> None:
    with pytest.raises(WeightsBroken, match="No such file"):
        read_head(tmp_path / "nothing.gguf")


@given(st.data())
def test_mutated_heads_are_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        try:
            context = head_of(Path(folder), bytes(raw)).context_tokens
        except WeightsBroken:
            context = None
    assert context is None or context > 0
