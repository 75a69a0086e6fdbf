"""A tiny tree per test: the rules read files, so the tests hand them files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.rules.run import check

PYPROJECT = """
[[tool.importlinter.contracts]]
type = "layers"
layers = ["(fabula.app) | (fabula.cli)", "fabula.features.bots", "fabula.http", "fabula.engine : fabula.db", "fabula.core"]
"""
Found = Callable[..., list[str]]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """Write `files` as a tree and give what the rules find in it, as `rule line` of each."""

    def write_and_check(files: dict[str, str]) -> list[str]:
        for name, text in {"pyproject.toml": PYPROJECT, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return [f"{violation.rule} {violation.line}" for violation in check(tmp_path)]

    return write_and_check
