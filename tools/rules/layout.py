"""Which files there are: role files of a slice, names that say something, slices named in the order."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tools.rules.source import PACKAGE, Source, Violation

ROLES = frozenset({"types", "rules", "errors", "events", "tables", "store", "schemas", "http", "jobs"})
OUTSIDE_ROLES = ROLES - {"types", "rules", "errors", "events"}  # these speak to databases, HTTP or the queue
HELD_BY_BASE = {"AppError": "errors", "BaseModel": "schemas"}
HELD_BY_CALL = {"APIRouter": "http", "fastapi.APIRouter": "http", "Table": "tables", "sa.Table": "tables"}
EMPTY_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "shared", "base", "service"}
)


def names_say_something(source: Source) -> Iterator[Violation]:
    """A name like `utils` tells nobody what belongs in the file, so everything ends up there."""
    words = {word for part in source.path.with_suffix("").parts for word in re.split(r"[_\-.]", part.lower())}
    for word in sorted(words & EMPTY_NAMES):
        yield source.at(1, "name", f"{word!r} says nothing: name the file by the verb or the thing it holds")


def slices_keep_roles_apart(source: Source) -> Iterator[Violation]:
    """What a role file is for stands in that file, and in no other of the slice."""
    role = source.path.stem if source.path.parent.name != "store" else "store"
    if source.slice is None:
        return
    for node in ast.walk(source.tree):
        for found in _roles_of(node) - {role}:
            yield source.at(node, "role", f"this belongs in the slice's {found}.py, where everybody looks for it")


def slices_are_one_folder(source: Source) -> Iterator[Violation]:
    """A folder in a slice is a plain library of it, or `store/` where one file would be too long."""
    if source.slice is None or len(source.path.parts) == 5 or source.path.parts[4] == "store":
        return
    if source.path.stem in OUTSIDE_ROLES or len(source.path.parts) > 6:
        yield source.at(1, "role", "a slice is one folder: move this up, or make it a slice of its own")


def order_names_every_package(root: Path, sources: list[Source]) -> Iterator[Violation]:
    """A package that the `layers` contract does not name would stand outside the checked order."""
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = {re.sub(r"[()]", "", name).strip() for layer in layers for name in re.split("[|:]", layer)}
    for source in sources:
        module = ".".join(source.path.with_suffix("").parts[1:]).removesuffix(".__init__")
        parent = module.rpartition(".")[0]
        places = {"fabula", "fabula.features"}
        if source.is_in(PACKAGE) and parent in places and module not in named | {"fabula.features"}:
            yield source.at(1, "order", f"{module} has no place in the order: name it in [tool.importlinter] `layers`")


def _roles_of(node: ast.AST) -> set[str]:
    if isinstance(node, ast.ClassDef):
        bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        return {role for base, role in HELD_BY_BASE.items() if base in bases}
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        return {HELD_BY_CALL[called]} if called in HELD_BY_CALL else set()
    return set()
