"""Runs every rule over a tree and prints what it finds."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.rules import budgets, code, imports, layout, sql
from tools.rules.source import Source, Violation, load

FileRule = Callable[[Source], Iterator[Violation]]
TreeRule = Callable[[Path, list[Source]], Iterator[Violation]]

FILE_RULES: tuple[FileRule, ...] = (
    sql.sql_only_in_stores,
    sql.commit_only_in_tx,
    sql.dialect_only_in_db,
    layout.names_say_something,
    layout.slices_keep_roles_apart,
    layout.slices_are_one_folder,
    imports.inner_imports_are_lazy_ones,
    imports.heavy_imports_are_inner,
    imports.slices_are_entered_by_their_door,
    imports.some_libraries_stand_behind_one_module,
    code.routes_are_short,
    code.wide_catches_are_edges,
    code.silenced_checks_say_why,
)
TREE_RULES: tuple[TreeRule, ...] = (layout.order_names_every_package, budgets.budgets_hold)


def check(root: Path) -> list[Violation]:
    """All violations under `root`, in the order of their places."""
    sources = load(root)
    found = [violation for source in sources for rule in FILE_RULES for violation in rule(source)]
    found += [violation for tree_rule in TREE_RULES for violation in tree_rule(root, sources)]
    return sorted(set(found))


def main() -> int:
    parser = argparse.ArgumentParser(description="Check the project's own rules; exit 1 when one is broken.")
    parser.add_argument("--tighten", action="store_true", help="lower the budgets baseline to what is measured")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2], help="tree to check")
    given = parser.parse_args()
    if given.tighten:
        budgets.tighten(given.root, load(given.root))
    violations = check(given.root)
    for violation in violations:
        print(violation)
    print(f"{len(violations)} violations of the project's own rules")
    return 1 if violations else 0
