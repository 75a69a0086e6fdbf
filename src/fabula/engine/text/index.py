"""The index of all texts that can be searched for: what is put in, and what is found.

It knows nothing of what may be seen: whoever asks reads what a document is of, and leaves out what is deleted. So
deleting and restoring, even a whole chat, costs the index nothing.

Beside its words a document has marks, tokens that no text can have, of its workspace, its kind and its group. They
are asked for together with the words, so that a rare word in a small corner is found without wading through the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fabula.core.ids import WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.dialect.fulltext import Term
from fabula.engine import store
from fabula.engine.store import DocumentRow
from fabula.engine.text.words import MAX_WORDS, find_tokens

END = 2**63 - 1
# The long s, a letter that folding replaces: no word of a text begins with it, nor can one that is asked for.
_MARK = "\u017f"


class DocumentKind(StrEnum):
    MESSAGE = "message"
    CHAT = "chat"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Document:
    """What can be found of one thing; `group` is the chat it is in, if any."""

    kind: DocumentKind
    id: str
    texts: Sequence[str]
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for. Without `kind` or `group`, in all of the workspace."""

    terms: tuple[Term, ...]
    kind: DocumentKind | None = None
    group: str | None = None


def put(tx: WriteTx, ws: WorkspaceId, documents: Iterable[Document]) -> None:
    """Let these be found by their words, and no longer by those they had; what has no words is not found.

    A new document is the newest one, a known one keeps its place.
    """
    rows: dict[str, tuple[str, str, str]] = {}  # each once: one statement may not change a row twice
    gone: list[str] = []
    for document in documents:
        tokens = [token for text in document.texts for token in find_tokens(text)]
        if tokens:
            marks = _marks(ws, document.kind, document.group)
            rows[document.id] = (document.kind.value, document.id, " ".join([*marks, *tokens[:MAX_WORDS]]))
        else:
            gone.append(document.id)
    if rows:
        store.put_documents(tx, ws, list(rows.values()))
    if gone:
        store.delete_documents(tx, ws, gone)


def remove(tx: WriteTx, ws: WorkspaceId, ids: Sequence[str]) -> None:
    store.delete_documents(tx, ws, ids)


def remove_some(tx: WriteTx, ws: WorkspaceId, group: str, take: int) -> None:
    """Remove up to `take` documents of a group."""
    store.delete_matching(tx, ws, terms_of(ws, Search((), group=group)), take)


def list_newest(tx: ReadTx, ws: WorkspaceId, search: Search, before: int, take: int) -> list[DocumentRow]:
    """Up to `take` documents, the newest first, of those numbered below `before`: from `END` on, page after page.

    Who asks for nothing finds nothing.
    """
    return [] if not search.terms else store.list_newest(tx, ws, terms_of(ws, search), before, take)


def list_best(tx: ReadTx, ws: WorkspaceId, search: Search, before: int, skip: int, take: int) -> list[DocumentRow]:
    """As `list_newest`, the best first, of the newest 20,000 hits; a page begins after `skip` of them."""
    return [] if not search.terms else store.list_best(tx, ws, terms_of(ws, search), search.terms, before, skip, take)


def terms_of(ws: WorkspaceId, search: Search) -> tuple[Term, ...]:
    """The terms with the marks of where to search."""
    return (*(Term((mark,)) for mark in _marks(ws, search.kind, search.group)), *search.terms)


def _marks(ws: WorkspaceId, kind: DocumentKind | None, group: str | None) -> list[str]:
    names = [("w", ws), ("k" + kind.value[0], ws) if kind else None, ("g", group) if group else None]
    return [_MARK + name[0] + name[1].replace("-", "") for name in names if name]
