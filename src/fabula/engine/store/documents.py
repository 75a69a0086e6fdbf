"""SQL of the documents that full-text search finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.dialect import fulltext, upsert
from fabula.db.dialect.fulltext import Asked, Matches, Term
from fabula.db.hot import hot
from fabula.engine.tables import search_documents as d


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document without its words: its place in the order, and what it is of."""

    number: int
    kind: str
    id: str


_P = sa.bindparam
_OURS = d.c.workspace_id == _P("ws")
_PUT = upsert(d, ("id",), ("tokens",))
hot(_PUT)  # every turn runs it
_DELETE = sa.delete(d).where(_OURS & d.c.id.in_(_P("ids", expanding=True)))
_MATCHES = _OURS & Matches(d.c.number, d.c.tokens, _P("terms", type_=Asked))
_SOME = sa.select(d.c.number).where(_MATCHES).limit(_P("take"))
_DELETE_SOME = sa.delete(d).where(_OURS & d.c.number.in_(_SOME))
# For a statement of a slice above: the ids of what matches `terms` in the workspace `ws`.
MATCHING_IDS = sa.select(d.c.id).where(_MATCHES)


def _document(row: Any) -> DocumentRow:
    return DocumentRow(row.number, row.kind, row.id)


def put_documents(tx: WriteTx, ws: WorkspaceId, rows: Sequence[tuple[str, str, str]]) -> None:
    """Insert documents, each by kind, id and tokens; one that is there keeps its place in the order."""
    tx.post(_PUT, [{"workspace_id": ws, "kind": kind, "id": key, "tokens": tokens} for kind, key, tokens in rows])


def delete_documents(tx: WriteTx, ws: WorkspaceId, ids: Sequence[str]) -> None:
    tx.execute(_DELETE, {"ws": ws, "ids": list(ids)})


def delete_matching(tx: WriteTx, ws: WorkspaceId, terms: Sequence[Term], take: int) -> None:
    """Delete up to `take` of the documents that match."""
    tx.execute(_DELETE_SOME, {"ws": ws, "terms": terms, "take": take})


def list_newest(tx: ReadTx, ws: WorkspaceId, terms: Sequence[Term], before: int, take: int) -> list[DocumentRow]:
    """Up to `take` documents that match, numbered below `before`, the newest first."""
    return [_document(row) for row in fulltext.find_newest(tx.conn, ws, terms, before, take)]


def list_best(
    tx: ReadTx, ws: WorkspaceId, terms: Sequence[Term], words: Sequence[Term], before: int, skip: int, take: int
) -> list[DocumentRow]:
    """As `list_newest`, of the newest hits those first that fit `words` best, after `skip` of them."""
    return [_document(row) for row in fulltext.find_best(tx.conn, ws, terms, words, before, skip, take)]
