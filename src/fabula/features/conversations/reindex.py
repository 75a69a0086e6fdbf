"""Make the search index anew, for all workspaces, batch by batch; the server may go on meanwhile.

All things are taken in the order they were made, each with a new place in the index, so at the end the newest is the
newest again, whatever the index was like before. What is interrupted goes on after the last id it told.
"""

from collections.abc import Callable

from fabula.core.ids import WorkspaceId
from fabula.db import Database, WriteTx
from fabula.engine.text import Document, DocumentKind, index
from fabula.features import profiles
from fabula.features.conversations import store

_FIRST = "00000000-0000-0000-0000-000000000000"
_LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
# As many as can be read into words while other writers wait.
BATCH = 100


async def reindex(db: Database, after: str | None, tell: Callable[[int, str], None]) -> int:
    """Index all things, or those whose ids follow `after`; how many there were. `tell` hears the count and the last id so far."""
    count, last = 0, after or _FIRST
    while True:
        size, last = await db.system("search: index anew", _index_some, last)
        if not size:
            return count
        count += size
        tell(count, last)


def _index_some(tx: WriteTx, after: str) -> tuple[int, str]:
    """The next batch; how many there were, and the last one's id."""
    batch = sorted(_next(tx, after), key=lambda item: item[1].id)[:BATCH]
    groups: dict[WorkspaceId, list[Document]] = {}
    for ws, document in batch:
        groups.setdefault(ws, []).append(document)
    for ws, documents in groups.items():
        index.remove(tx, ws, [document.id for document in documents])
        index.put(tx, ws, documents)
    return len(batch), batch[-1][1].id if batch else after


def _next(tx: WriteTx, after: str) -> list[tuple[WorkspaceId, Document]]:
    """The next batch of each kind."""
    messages = store.search.list_next_messages(tx, after, BATCH)
    # Cards are large: only those that this batch has a place for.
    upto = messages[-1][2] if len(messages) == BATCH else _LAST
    titles = store.search.list_next_chats(tx, after, BATCH)
    return [
        *((ws, Document(DocumentKind.MESSAGE, message, [text], chat)) for ws, chat, message, text in messages),
        *((ws, Document(DocumentKind.CHAT, chat, [title], chat)) for ws, chat, title in titles),
        *profiles.list_next_documents(tx, after, upto, BATCH),
    ]
