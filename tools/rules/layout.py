"""Which files there are: role files of a slice, names that say something, slices named in the order."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tools.rules.source import PACKAGE, Source, Violation

ROLES = frozenset({"types", "rules", "errors", "events", "tables", "store", "schemas", "http", "jobs"})
EMPTY_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "shared", "base", "service"}
)


def names_say_something(source: Source) -> Iterator[Violation]:
    """A name like `utils` tells nobody what belongs in the file, so everything ends up there."""
    words = {word for part in source.path.with_suffix("").parts for word in re.split(r"[_\-.]", part.lower())}
    for word in sorted(words & EMPTY_NAMES):
        yield source.at(1, "name", f"{word!r} says nothing: name the file by the verb or the thing it holds")


def slices_hold_role_files(source: Source) -> Iterator[Violation]:
    """A slice is one folder of role files and of use cases or flows, each named after something public in it."""
    if source.slice is None or source.path.stem == "__init__":
        return
    if len(source.path.parts) > 5:
        yield source.at(1, "role", "a slice is one folder: move this file up, or make it a slice of its own")
    elif source.path.stem not in ROLES and not _names_what_it_holds(source):
        message = (
            f"neither a role file nor named after what it holds: nothing public in it begins as {source.path.stem!r}"
        )
        yield source.at(1, "role", message)


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


def _names_what_it_holds(source: Source) -> bool:
    stem = source.path.stem.replace("_", "")
    names = (name for node in source.tree.body for name in _defined(node))
    return any(_squeeze(name).startswith(stem.removesuffix("s")) for name in names if not name.startswith("_"))


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [node.target.id] if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else []


def _squeeze(name: str) -> str:
    return name.replace("_", "").lower()
