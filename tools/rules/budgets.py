"""Budgets of size, held by a ratchet: what is over its limit is named in a baseline that may only shrink."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.rules.source import Source, Violation, functions

BASELINE = "tools/budgets.json"
FILE_SOFT, FILE_HARD, TEST_FILE, COMPONENT = 250, 400, 600, 200
FUNCTION = 50
PUBLIC_NAMES = 25
_TIGHTEN = "run `python tools/arch.py --tighten`"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured size. Over `soft` it needs a baseline entry under `key`; over `hard` nothing helps."""

    key: str
    source: Source
    line: int
    what: str
    size: int
    soft: int
    hard: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What the baseline grants to one key, and why."""

    size: int
    why: str


def read_baseline(root: Path) -> dict[str, Entry]:
    path = root / BASELINE
    raw = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {key: Entry(entry["size"], entry["why"]) for key, entry in raw.items()}


def budgets_hold(root: Path, sources: list[Source]) -> Iterator[Violation]:
    """Sizes within their limits or their baseline entry; entries no larger than what they excuse."""
    baseline = read_baseline(root)
    measures = {measure.key: measure for source in sources for measure in measure_sizes(source)}
    for measure in measures.values():
        if message := _judge(measure, baseline.get(measure.key)):
            yield measure.source.at(measure.line, "budget", message)
    for key, entry in baseline.items():
        found = measures.get(key)
        if found is None or found.size <= found.soft or found.size < entry.size:
            now = found.size if found else "gone"
            yield Violation(BASELINE, 1, "budget", f"{key!r} grants {entry.size}, it is {now}: {_TIGHTEN}")
        elif not entry.why.strip():
            yield Violation(BASELINE, 1, "budget", f"{key!r} gives no reason in `why`")


def tighten(root: Path, sources: list[Source]) -> None:
    """Lower every entry to what is measured and drop those no longer needed; nothing is added or raised."""
    measures = {measure.key: measure for source in sources for measure in measure_sizes(source)}
    kept = {
        key: {"size": min(entry.size, measures[key].size), "why": entry.why}
        for key, entry in sorted(read_baseline(root).items())
        if key in measures and measures[key].size > measures[key].soft
    }
    (root / BASELINE).write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "utf-8")


def measure_sizes(source: Source) -> Iterator[Measure]:
    """The file, each function in it, and the public names of a slice.

    Migrations are left out: they are lists of tables, written once and never edited after a release.
    """
    if source.is_in("migrations"):
        return
    soft, hard = _file_limits(source)
    yield Measure(source.name, source, 1, "the file is {} lines", len(source.lines), soft, hard)
    for name, function in functions(source.tree):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        key = f"{source.name}::{name}"
        yield Measure(key, source, function.lineno, f"{name} is {{}} lines", length, FUNCTION, None)
    if source.slice and source.path.parts[4:] == ("__init__.py",):
        key = f"{source.name}::__all__"
        yield Measure(key, source, 1, "the slice exports {} names", _public_names(source.tree), PUBLIC_NAMES, None)


def _file_limits(source: Source) -> tuple[int, int]:
    if source.is_test:
        return TEST_FILE, TEST_FILE
    return (COMPONENT if source.path.suffix == ".tsx" else FILE_SOFT), FILE_HARD


def _judge(measure: Measure, entry: Entry | None) -> str | None:
    said = measure.what.format(measure.size)
    if measure.hard is not None and measure.size > measure.hard:
        return f"{said}, {measure.hard} at the very most: split it"
    if measure.size <= measure.soft or (entry and measure.size <= entry.size):
        return None
    if entry:
        return f"{said}, and the baseline grants {entry.size}: it may only shrink"
    return f"{said}, {measure.soft} at most: split it by what changes together"


def _public_names(tree: ast.Module) -> int:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return len(node.value.elts) if isinstance(node.value, (ast.List, ast.Tuple)) else 0
    return 0
