"""Full text on both databases: FTS5 beside the documents on SQLite, a tsvector in them on PostgreSQL.

Both are fed tokens made by `engine.text`, so neither knows a language. Documents are numbered as they come in, and
found from the newest on. FTS5 walks its lists of documents backwards, so a page costs what it shows. GIN gives all
hits at once, in no order: so a page is first looked for among the newest documents, one by one, for as long as hits
are frequent enough to fill it; what is rarer than that has few hits to sort.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from fabula.db.metadata import IdType

# How many of the newest documents PostgreSQL looks at one by one, of 60 words each 0.4 us (1 where not in memory): at
# first, and where as many hits go on coming that the page will be full. A hit from GIN costs 6 us.
WALK = 10_000
LONG_WALK = 100_000
# Of how many of the newest hits the best are told, and among how many of the newest documents those are looked for.
RANKED = 20_000
RANKED_WALK = 400_000


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that follow each other. With `is_prefix` the last one may go on; `is_excluded` must not be there."""

    tokens: tuple[str, ...]
    is_prefix: bool = False
    is_excluded: bool = False


class StoredTokens(FunctionElement[Any]):
    """Tokens joined by spaces, as they are stored."""

    inherit_cache = True


class Matches(FunctionElement[bool]):
    """Tell whether a document matches: its number, its tokens, the query as `Asked`."""

    type = sa.Boolean()
    inherit_cache = True


class TokensType(TypeDecorator[str]):
    """Tokens joined by spaces; a document's, to be written and never read."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(postgresql.TSVECTOR() if dialect.name == "postgresql" else sa.Text())

    def bind_expression(self, bindparam: sa.BindParameter[str]) -> Any:
        return StoredTokens(sa.type_coerce(bindparam, sa.Text))


class Asked(TypeDecorator[Sequence[Term]]):
    """Terms that must all hold, the excluded ones last, in the query language of the database."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[Term] | None, dialect: sa.Dialect) -> str | None:
        if value is None:
            return None
        return _for_tsquery(value) if dialect.name == "postgresql" else _for_fts5(value)


def find_newest(conn: Connection, ws: str, terms: Sequence[Term], before: int, take: int) -> Sequence[sa.Row[Any]]:
    """Up to `take` documents numbered below `before`, the newest first: number, kind, id."""
    given = {"ws": ws, "terms": terms, "below": before, "take": take}
    if conn.dialect.name == "sqlite":
        return conn.execute(_FTS5_NEWEST, given).all()
    found = conn.execute(_GIN_WALK, given | {"walk": WALK}).all()
    if len(found) < take <= len(found) * LONG_WALK // WALK:
        found = conn.execute(_GIN_WALK, given | {"walk": LONG_WALK}).all()
    return found if len(found) == take else conn.execute(_GIN_NEWEST, given).all()


def find_best(
    conn: Connection, ws: str, terms: Sequence[Term], words: Sequence[Term], before: int, skip: int, take: int
) -> Sequence[sa.Row[Any]]:
    """As `find_newest`, of the newest `RANKED` those that fit `words` best, after the first `skip` of them."""
    given = {"ws": ws, "terms": terms, "below": before, "skip": skip, "take": take, "ranked": RANKED}
    if conn.dialect.name == "sqlite":
        return conn.execute(_FTS5_BEST, given).all()
    given |= {"words": words}
    sample = given | {"walk": WALK, "take": WALK * RANKED // RANKED_WALK}
    if len(conn.execute(_GIN_WALK, sample).all()) == sample["take"]:
        found = conn.execute(_GIN_WALK_BEST, given | {"walk": RANKED_WALK}).all()
        if found:
            return found
    return conn.execute(_GIN_BEST, given).all()


def _for_fts5(terms: Iterable[Term]) -> str:
    text = ""
    for term in terms:
        phrase = f'"{" ".join(term.tokens)}"' + (" *" if term.is_prefix else "")
        text = f"({text}) NOT {phrase}" if term.is_excluded else f"{text} AND {phrase}" if text else phrase
    return text


def _for_tsquery(terms: Iterable[Term]) -> str:
    parts = []
    for term in terms:
        tokens = [f"'{token}'" for token in term.tokens]
        phrase = " <-> ".join(tokens) + (":*" if term.is_prefix else "")
        parts.append(f"!({phrase})" if term.is_excluded else f"({phrase})")
    return " & ".join(parts)


@compiles(StoredTokens, "sqlite")
def _sqlite_tokens(element: StoredTokens, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(StoredTokens, "postgresql")
def _postgres_tokens(element: StoredTokens, compiler: SQLCompiler, **kw: Any) -> str:
    return f"to_tsvector('simple', {compiler.process(element.clauses, **kw)})"


@compiles(Matches, "sqlite")
def _sqlite_matches(element: Matches, compiler: SQLCompiler, **kw: Any) -> str:
    number, _, asked = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{number} IN (SELECT rowid FROM search_index WHERE search_index MATCH {asked})"  # noqa: S608 - compiled parts


@compiles(Matches, "postgresql")
def _postgres_matches(element: Matches, compiler: SQLCompiler, **kw: Any) -> str:
    _, tokens, asked = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{tokens} @@ (SELECT to_tsquery('simple', {asked}))"


def _statement(text: str) -> sa.TextualSelect:
    types: dict[str, Any] = {"ws": IdType, "terms": Asked, "words": Asked}
    names = [name for name in ("ws", "terms", "words", "below", "skip", "take", "walk", "ranked") if f":{name}" in text]
    bound = [sa.bindparam(name, type_=types.get(name, sa.BigInteger)) for name in names]
    return sa.text(text).bindparams(*bound).columns(number=sa.BigInteger, kind=sa.String, id=IdType)


# CROSS JOIN fixes the order of the loops on SQLite: from the index to the documents.
_FTS5_NEWEST = _statement(
    "SELECT d.number, d.kind, d.id FROM search_index CROSS JOIN search_documents AS d ON d.number = search_index.rowid "
    "WHERE search_index MATCH :terms AND search_index.rowid < :below AND d.workspace_id = :ws "
    "ORDER BY search_index.rowid DESC LIMIT :take"
)
_FTS5_BEST = _statement(
    "SELECT number, kind, id FROM (SELECT d.number, d.kind, d.id, bm25(search_index) AS worth "
    "FROM search_index CROSS JOIN search_documents AS d ON d.number = search_index.rowid "
    "WHERE search_index MATCH :terms AND search_index.rowid < :below AND d.workspace_id = :ws "
    "ORDER BY search_index.rowid DESC LIMIT :ranked) AS hits ORDER BY worth, number DESC LIMIT :take OFFSET :skip"
)
# Queries are parsed once, in a SELECT of their own: a statement with parameters would parse them for each row.
_HITS = "tokens @@ (SELECT to_tsquery('simple', :terms))"
_WORTH = "ts_rank(tokens, (SELECT to_tsquery('simple', :words)), 1) AS worth"
_BEST = "ORDER BY worth DESC, number DESC LIMIT :take OFFSET :skip"
_WALK = f"""FROM (SELECT number, kind, id, tokens FROM search_documents
        WHERE workspace_id = :ws AND number < :below ORDER BY number DESC LIMIT :walk) AS newest
    WHERE {_HITS} ORDER BY number DESC"""  # noqa: S608 - of these constants, as below
_GIN_WALK = _statement(f"SELECT number, kind, id {_WALK} LIMIT :take")
# MATERIALIZED, and a sum: else the planner may walk all documents backwards for a word that only old ones have, or put
# all numbers beside the few that GIN gives.
_GIN_HITS = f"FROM search_documents WHERE workspace_id = :ws AND number + 0 < :below AND {_HITS}"
_GIN_NEWEST = _statement(
    f"""WITH hits AS MATERIALIZED (SELECT number, kind, id {_GIN_HITS})
    SELECT number, kind, id FROM hits ORDER BY number DESC LIMIT :take"""  # noqa: S608 - of constants
)
_GIN_WALK_BEST = _statement(
    f"""WITH hits AS MATERIALIZED (SELECT number, kind, id, {_WORTH} {_WALK} LIMIT :ranked)
    SELECT number, kind, id FROM hits WHERE (SELECT count(*) FROM hits) = :ranked {_BEST}"""  # noqa: S608 - of constants
)
_GIN_BEST = _statement(
    f"""WITH hits AS MATERIALIZED (SELECT number, kind, id, {_WORTH} {_GIN_HITS})
    SELECT number, kind, id FROM (SELECT * FROM hits ORDER BY number DESC LIMIT :ranked) AS ranked {_BEST}"""  # noqa: S608 - of constants
)
