"""What the rules look at: files of the tree, parsed once, and what they find."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

PYTHON_ROOTS = ("src", "tests", "tools", "bench", "migrations")
WEB_ROOT = "web/src"
WEB_SUFFIXES = frozenset({".ts", ".tsx"})
PACKAGE = "src/fabula"
FEATURES = f"{PACKAGE}/features"


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One broken rule at one place; `path` is relative to the tree, with `/`."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.rule}: {self.message}"


@dataclass(frozen=True)
class Source:
    """One file. `tree` is empty for what is not Python."""

    path: PurePosixPath
    text: str

    @property
    def name(self) -> str:
        return str(self.path)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name) if self.path.suffix == ".py" else ast.Module([], [])

    @property
    def is_test(self) -> bool:
        stem = self.path.name
        return self.path.parts[0] == "tests" or ".test." in stem or ".spec." in stem

    def is_in(self, *places: str) -> bool:
        """Tell whether this file is one of `places` or under one of them."""
        return any(self.name == place or self.name.startswith(f"{place}/") for place in places)

    @property
    def slice(self) -> str | None:
        """The feature this file belongs to, or None."""
        parts = self.path.parts
        return parts[3] if self.is_in(FEATURES) and len(parts) > 4 else None

    def at(self, node: ast.AST | int, rule: str, message: str) -> Violation:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Violation(self.name, line, rule, message)


def load(root: Path) -> list[Source]:
    """Read every file of ours under `root`, in order; generated declarations (`*.d.ts`) are left out."""
    return [Source(PurePosixPath(path.relative_to(root).as_posix()), path.read_text("utf-8")) for path in _find(root)]


def _find(root: Path) -> Iterator[Path]:
    for top in PYTHON_ROOTS:
        yield from sorted((root / top).rglob("*.py"))
    for path in sorted((root / WEB_ROOT).rglob("*")):
        if path.suffix in WEB_SUFFIXES and not path.name.endswith(".d.ts"):
            yield path


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function and method with its dotted name, outer before inner."""

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{prefix}.{child.name}".lstrip(".")
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield name, child
            yield from walk(child, name)

    return walk(tree, "")
