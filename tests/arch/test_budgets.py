"""Sizes, and the ratchet that holds them."""

import json
from pathlib import Path

import pytest

from tests.arch.conftest import Found
from tools.rules.budgets import tighten
from tools.rules.source import load

LONG = "src/fabula/core/long.py"
BASELINE = "tools/budgets.json"


def _granted(size: int, why: str = "one table", key: str = LONG) -> str:
    return json.dumps({key: {"size": size, "why": why}})


@pytest.mark.parametrize(
    ("place", "limit"),
    [
        ("src/fabula/core/long.py", 250),
        ("tools/long.py", 250),
        ("web/src/stream/client.ts", 250),
        ("web/src/chat/Chat.tsx", 200),
        ("tests/unit/test_long.py", 600),
        ("web/src/chat/Chat.test.tsx", 600),
    ],
)
def test_a_file_over_its_limit_is_found(found: Found, place: str, limit: int) -> None:
    assert found({place: "#\n" * limit}) == []
    assert found({place: "#\n" * (limit + 1)}) == ["budget 1"]


def test_generated_declarations_are_not_measured(found: Found) -> None:
    assert found({"web/src/api/schema.d.ts": "//\n" * 5000}) == []


def test_a_function_over_fifty_lines_is_found(found: Found) -> None:
    text = "class A:\n    def long(self):\n" + "        work()\n"
    assert found({LONG: text + "        work()\n" * 48}) == []
    assert found({LONG: text + "        work()\n" * 49}) == ["budget 2"]


def test_more_than_25_public_names_of_a_slice_are_found(found: Found) -> None:
    door = "src/fabula/features/bots/__init__.py"
    assert found({door: f"__all__ = {[f'n{n}' for n in range(25)]}\n"}) == []
    assert found({door: f"__all__ = {[f'n{n}' for n in range(26)]}\n"}) == ["budget 1"]


def test_an_entry_of_the_baseline_grants_exactly_its_size(found: Found) -> None:
    assert found({LONG: "#\n" * 300, BASELINE: _granted(300)}) == []
    assert found({LONG: "#\n" * 301, BASELINE: _granted(300)}) == ["budget 1"]


@pytest.mark.parametrize("size", [299, 250, 10])
def test_an_entry_larger_than_reality_is_found(found: Found, size: int) -> None:
    assert found({LONG: "#\n" * size, BASELINE: _granted(300)}) == ["budget 1"]


def test_an_entry_for_what_is_gone_is_found(found: Found) -> None:
    assert found({BASELINE: _granted(300)}) == ["budget 1"]


def test_an_entry_without_a_reason_is_found(found: Found) -> None:
    assert found({LONG: "#\n" * 300, BASELINE: _granted(300, why=" ")}) == ["budget 1"]


def test_no_entry_grants_more_than_the_hard_limit(found: Found) -> None:
    assert found({LONG: "#\n" * 401, BASELINE: _granted(401)}) == ["budget 1"]


def test_tightening_lowers_and_drops_but_never_adds_or_raises(found: Found, tmp_path: Path) -> None:
    function = f"{LONG}::run"
    baseline = {
        LONG: {"size": 390, "why": "one table"},
        function: {"size": 60, "why": "one table"},
        "src/fabula/core/gone.py": {"size": 300, "why": "gone"},
    }
    run = "def run():\n" + "    work()\n" * 70
    found({LONG: "#\n" * 200 + run, "src/fabula/core/new.py": "#\n" * 260, BASELINE: json.dumps(baseline)})
    tighten(tmp_path, load(tmp_path))
    kept = json.loads((tmp_path / BASELINE).read_text("utf-8"))
    assert {key: entry["size"] for key, entry in kept.items()} == {LONG: 271, function: 60}
