"""Whatever the bytes are, the codec answers with a card or with one of its own errors."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.fuzz_cards import make_input, mutate_bytes, try_input
from tests.conftest import times
from tests.unit.profiles.build import card_chunk, charx, picture, v2, v3

HANGS = 20_000  # milliseconds: what takes so long has no end, however busy the machine is
FILES = (picture(card_chunk(v2())), charx(v3()), b"name: Mira\ncontext: [a, b]\n")


@given(st.integers(0, 2**32))
@settings(max_examples=times(300), deadline=HANGS)
def test_mutated_cards_never_escape(number: int) -> None:
    assert try_input(*make_input(0, number))


@given(st.sampled_from(FILES), st.randoms(use_true_random=False))
@settings(max_examples=times(200), deadline=HANGS)
def test_mutated_bytes_never_escape(file: bytes, rng: random.Random) -> None:
    assert try_input(mutate_bytes(rng, file), "x")


@given(st.binary(max_size=300), st.sampled_from(["x", "x.json", "x.yaml"]))
@settings(max_examples=times(200), deadline=HANGS)
def test_arbitrary_bytes_never_escape(file: bytes, name: str) -> None:
    assert try_input(file, name)


@pytest.mark.parametrize("head", [b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"{", b"\xff\xd8\xffPK\x03\x04"])
def test_a_bare_head_never_escapes(head: bytes) -> None:
    assert try_input(head, "x").startswith("refused")
