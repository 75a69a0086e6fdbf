"""Arrows that import-linter cannot draw: when a module is loaded, and through which door of a slice."""

import ast
from collections.abc import Iterator

from tools.rules.layout import ROLES
from tools.rules.source import PACKAGE, Source, Violation, functions

# Heavy or rarely needed: loading them at start would cost start-up time or memory that the default does not need.
LAZY = frozenset({"alembic", "typer", "rich", "PIL", "numpy", "xllamacpp", "dbos", "yaml"})
NEVER_AT_START = frozenset({"numpy", "PIL", "alembic", "typer", "rich"})
# A command line answers `--help` at once, so it loads what a command needs when the command runs.
COMMAND_LINE = (f"{PACKAGE}/cli", f"{PACKAGE}/__main__.py")
ROOT = (f"{PACKAGE}/app.py",)
BEHIND = {"dbos": f"{PACKAGE}/engine/jobs"}  # the queue can be replaced in one place


def inner_imports_are_lazy_ones(source: Source) -> Iterator[Violation]:
    """An import inside a function is for a heavy library; for a module of ours the arrow points the wrong way."""
    if not source.is_in(PACKAGE) or source.is_in(*COMMAND_LINE):
        return
    inner = _inside_functions(source.tree)
    for node, module in _imports(source.tree):
        if id(node) in inner and _top(module) not in LAZY:
            yield source.at(node, "inner-import", f"imports {module!r} inside a function: import it at the top")


def heavy_imports_are_inner(source: Source) -> Iterator[Violation]:
    """Heavy libraries are loaded where they are used, never with the module (annotations may name them)."""
    if not source.is_in(PACKAGE) or source.is_in(*COMMAND_LINE):
        return
    allowed = _inside_functions(source.tree) | _for_types_only(source.tree)
    for node, module in _imports(source.tree):
        if id(node) not in allowed and _top(module) in NEVER_AT_START:
            yield source.at(node, "lazy-import", f"loads {module!r} at start: import it in the function that uses it")


def slices_are_entered_by_their_door(source: Source) -> Iterator[Violation]:
    """Another slice is used through what its `__init__` exports; only the composition root reaches inside."""
    if not source.is_in(PACKAGE) or source.is_in(*ROOT):
        return
    for node, module in _imports(source.tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
        parts = module.split(".")
        if parts[:2] != ["fabula", "features"] or len(parts) < 3 or parts[2] == source.slice:
            continue
        if _is_dto_import(source, parts):
            continue
        if len(parts) > 3 or not ROLES.isdisjoint(names):
            door = ".".join(parts[:3])
            yield source.at(node, "door", f"reaches into {door}: use what it exports, or export it there")


def _is_dto_import(source: Source, parts: list[str]) -> bool:
    """A route that answers with another slice's object uses that slice's DTO: one shape on the wire, not two."""
    return parts[3:] == ["schemas"] and source.path.stem in {"http", "schemas"}


def some_libraries_stand_behind_one_module(source: Source) -> Iterator[Violation]:
    """A library we may want to replace is imported by one module of ours."""
    if not source.is_in(PACKAGE):
        return
    for node, module in _imports(source.tree):
        home = BEHIND.get(_top(module))
        if home and not source.is_in(home, f"{home}.py"):
            yield source.at(node, "behind", f"imports {module!r}, which stands behind {home.removeprefix('src/')}")


def _imports(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node, node.module or ""


def _top(module: str) -> str:
    return module.partition(".")[0]


def _inside_functions(tree: ast.Module) -> set[int]:
    return {id(inner) for _, function in functions(tree) for inner in ast.walk(function)}


def _for_types_only(tree: ast.Module) -> set[int]:
    guards = (node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
    return {id(inner) for guard in guards for statement in guard.body for inner in ast.walk(statement)}
