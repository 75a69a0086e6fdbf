"""How the code inside a file reads: short routes, narrow catches, silenced checks with their reason."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tools.rules.source import FEATURES, PACKAGE, Source, Violation, functions

ROUTE_LINES = 15
VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "api_route", "route", "websocket"})
_EDGE = re.compile(r"#\s*edge:\s*\S")
_SILENCED = re.compile(r"#\s*(type:\s*ignore|noqa)\b", re.IGNORECASE)
_WITH_REASON = re.compile(r"#\s*(type:\s*ignore\[[\w\-, ]+\]|noqa:\s*[A-Z]+\d+([,\s]+[A-Z]+\d+)*)\s*[#:—-]+\s*\w")


def routes_are_short(source: Source) -> Iterator[Violation]:
    """A route parses, calls one use case or flow, and returns: 15 lines of body, signature not counted."""
    if source.path.name != "http.py" or not source.is_in(FEATURES):
        return
    for name, function in functions(source.tree):
        if any(_is_route(decorator) for decorator in function.decorator_list):
            first = function.body[1] if _is_docstring(function.body[0]) and len(function.body) > 1 else function.body[0]
            length = (function.end_lineno or first.lineno) - first.lineno + 1
            if length > ROUTE_LINES:
                message = f"{name} is {length} lines long, {ROUTE_LINES} at most: move the work into a use case"
                yield source.at(function, "route", message)


def wide_catches_are_edges(source: Source) -> Iterator[Violation]:
    """`except Exception` hides every bug under it; only the edge of a worker or process may, and says why.

    A handler that only cleans up, ending in a bare `raise`, hides nothing.
    """
    if not source.is_in(PACKAGE):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and _is_wide(node.type) and not _raises_again(node):
            nearby = source.lines[max(node.lineno - 2, 0) : node.lineno]
            if not any(_EDGE.search(line) for line in nearby):
                message = "catches everything: catch the narrowest class, or mark a process edge by `# edge: why`"
                yield source.at(node, "catch", message)


def silenced_checks_say_why(source: Source) -> Iterator[Violation]:
    """`# type: ignore[code]  # why` and `# noqa: CODE - why`: bare ones silence more than was looked at."""
    if source.path.suffix != ".py":
        return
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type != tokenize.COMMENT:
            continue
        for silenced in _SILENCED.finditer(token.string):
            if not _WITH_REASON.match(token.string, silenced.start()):
                message = f"{token.string!r} names no code or no reason: `# type: ignore[code]  # why`"
                yield source.at(token.start[0], "silenced", message)
                break


def _is_route(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr in VERBS


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_wide(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_is_wide(part) for part in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
