"""Work across workspaces says why. This list is the whole of it: a new entry is a decision, not an accident."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "fabula"

REASONS = {
    "aborts",
    "flush",
    "give up",
    "heartbeat",
    "job: start",
    "jobs: is the library migrated",
    "jobs: library migrated",
    "jobs: library version",
    "local owner",
    "purge jobs: delete",
    "purge jobs: list",
    "purge operations",
    "re-wrap sealed keys",
    "ready",
    "reaper: generations",
    "reaper: jobs",
    "reaper: operations",
    "remove unfinished imports",
    "restore: cancel revived jobs",
    "search: index anew",
}


def test_the_reasons_for_crossing_workspaces_are_known() -> None:
    found = {
        node.args[0].value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "system"
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert found == REASONS
