"""Where SQL, commits and the difference between databases may stand."""

import ast
import re
from collections.abc import Iterator

from tools.rules.source import PACKAGE, Source, Violation

STATEMENTS = frozenset({"select", "insert", "update", "delete", "text", "union", "union_all", "exists", "values"})
CHANGES = STATEMENTS - {"text", "exists", "values"}
DRIVERS = frozenset({"sqlite3", "asyncpg", "psycopg", "aiosqlite"})
EXECUTORS = frozenset({"execute", "executemany", "exec_driver_sql"})
COMMITTERS = frozenset({"commit", "rollback", "begin", "begin_nested"})
DATABASES = frozenset({"sqlite", "postgresql", "postgres"})
_BOUNDARY = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK)( [A-Z]+)*\s*;?\s*")


def sql_only_in_stores(source: Source) -> Iterator[Violation]:
    """SQL stands in a slice's `store`, `engine/store/`, `db/` and `migrations/`; `tables.py` only declares."""
    if not source.is_in(PACKAGE) or source.is_in(f"{PACKAGE}/db", f"{PACKAGE}/engine/store") or _is_store(source):
        return
    # A partial index needs its predicate as text, so a tables.py is held to fewer names.
    statements = CHANGES if source.path.name == "tables.py" else STATEMENTS
    aliases = _sqlalchemy_aliases(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and _top(node.module) == "sqlalchemy":
            for name in node.names:
                if name.name in statements:
                    yield source.at(node, "sql", f"imports {name.name!r}: move the statement to the slice's store.py")
        if isinstance(node, ast.Attribute) and _is_name(node.value, aliases) and node.attr in statements:
            yield source.at(node, "sql", f"builds a {node.attr!r}: move the statement to the slice's store.py")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EXECUTORS:
            yield source.at(node, "sql", f"calls .{node.func.attr}(): call a function of the slice's store.py instead")
        if drivers := DRIVERS & {_top(module) for module in _imported(node)}:
            yield source.at(node, "sql", f"imports {min(drivers)}: only db/ talks to a driver")


def commit_only_in_tx(source: Source) -> Iterator[Violation]:
    """`db/tx.py` commits, and `db/dialect` says BEGIN for it; nobody else does."""
    if not source.is_in(PACKAGE) or source.is_in(f"{PACKAGE}/db/tx.py", f"{PACKAGE}/db/dialect"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COMMITTERS:
            yield source.at(node, "commit", f"calls .{node.func.attr}(): the edge runs the whole function by db.write")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _BOUNDARY.fullmatch(node.value):
            yield source.at(node, "commit", f"says {node.value!r}: transactions begin and end in db/")


def dialect_only_in_db(source: Source) -> Iterator[Violation]:
    """What differs between the databases stands in `db/dialect`; types of one of them may stand in `db/` too."""
    if not source.is_in(PACKAGE) or source.is_in(f"{PACKAGE}/db/dialect"):
        return
    message = "depends on which database it is: put the difference behind a function of db/dialect"
    for node in ast.walk(source.tree):
        foreign = any(name.startswith("sqlalchemy.dialects") for name in _imported(node))
        if _asks_for_dialect(node) or (foreign and not source.is_in(f"{PACKAGE}/db")):
            yield source.at(node, "dialect", message)


def _asks_for_dialect(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute) and node.attr == "name":
        owner = node.value
        return (isinstance(owner, ast.Attribute) and owner.attr == "dialect") or _is_name(owner, {"dialect"})
    if isinstance(node, ast.Compare):
        return any(_is_database(part) for side in (node.left, *node.comparators) for part in ast.walk(side))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "startswith":
        return any(_is_database(part) for argument in node.args for part in ast.walk(argument))
    return isinstance(node, ast.MatchValue) and _is_database(node.value)


def _is_database(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and _scheme(node.value) in DATABASES


def _scheme(text: str) -> str:
    return re.split(r"[+:]", text, maxsplit=1)[0]


def _is_store(source: Source) -> bool:
    """`features/<slice>/store.py`, or a file of `features/<slice>/store/` where one would be too long."""
    return source.slice is not None and source.path.parts[4] in {"store", "store.py"}


def _is_name(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _top(module: str | None) -> str:
    return (module or "").partition(".")[0]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        # `from sqlalchemy import dialects` names a module by its last part.
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _sqlalchemy_aliases(tree: ast.Module) -> set[str]:
    imports = (alias for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names)
    return {alias.asname or "sqlalchemy" for alias in imports if _top(alias.name) == "sqlalchemy"}
