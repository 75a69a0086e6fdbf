"""Search over messages, chats and profiles: find in the index, read what may be seen, cut the excerpts.

Pages are gapless: a cursor is a place in the index. What was deleted is still there and is passed over, so a page may
be shorter than asked for, or even empty, and yet have a next one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ChatId, MessageId
from fabula.core.paging import Page, decode_cursor, encode_cursor, foreign_cursor
from fabula.db import Database, ReadTx
from fabula.engine.store import DocumentRow
from fabula.engine.text import DocumentKind, Search, index, make_excerpt, parse
from fabula.engine.text.index import END
from fabula.features import profiles
from fabula.features.conversations import store
from fabula.features.conversations.read import get_chat
from fabula.features.conversations.store.search import FoundText
from fabula.features.conversations.types import Hit

# How many documents one request looks at: in a chat that was deleted, a frequent word has any number of hits.
MAX_LOOKED_AT = 2_000
# How many at a time, once the first ones did not fill the page.
_MANY = 250


class SearchSort(StrEnum):
    NEW = "new"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True)
class Question:
    """What to search for, and where: in one chat, among one kind of thing, or in all of the workspace."""

    text: str
    kind: DocumentKind | None = None
    chat: ChatId | None = None
    sort: SearchSort = SearchSort.NEW


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page starts: at documents numbered below `before`, after `skip` of the best of them."""

    before: int
    skip: int = 0


@dataclass(frozen=True, slots=True)
class _Source:
    """What was found: the place of a hit, and the texts to cut its excerpt from."""

    kind: DocumentKind
    found: FoundText | None
    id: str
    texts: Sequence[str]


async def search(db: Database, actor: Actor, question: Question, limit: int, cursor: str | None) -> Page[Hit]:
    """A page of hits. An odd query finds little and is no error.

    Raises `ChatNotFound` for the chat to search in, and `InvalidInput` for a foreign cursor.
    """
    wanted = Search(parse(question.text), question.kind, question.chat)
    start = _start(question.sort, cursor)
    sources, following = await db.read(actor, _find, wanted, question.sort, start, limit)
    # Reading texts into words takes a while on a long page, and must not hold up the streams.
    hits = await asyncio.to_thread(lambda: tuple(_hit(source, wanted) for source in sources))
    after = None if following is None else encode_cursor(question.sort.value, following.before, following.skip)
    return Page(hits, after)


def _start(sort: SearchSort, cursor: str | None) -> _Place:
    if cursor is None:
        return _Place(END)
    order, before, skip = decode_cursor(cursor, (str, int, int))
    assert isinstance(before, int)
    assert isinstance(skip, int)
    if order != sort.value or not 0 <= before <= END or not 0 <= skip <= END:
        raise foreign_cursor()
    return _Place(before, skip)


def _find(
    tx: ReadTx, actor: Actor, wanted: Search, sort: SearchSort, start: _Place, limit: int
) -> tuple[list[_Source], _Place | None]:
    """What a page shows, and where the next one starts, if there may be more."""
    actor.require(Scope.CHAT_READ)
    if wanted.group is not None:
        get_chat(tx, actor, ChatId(wanted.group))
    place = _anchored(tx, actor, wanted, sort, start)
    shown: list[_Source] = []
    take, looked_at = limit + 1, 0
    while looked_at < MAX_LOOKED_AT:
        rows = _list(tx, actor, wanted, sort, place, take)
        readable = _read(tx, actor, rows)
        for row in rows:
            if (source := readable.get(row.id)) is not None:
                if len(shown) == limit:
                    return shown, place
                shown.append(source)
            place = _Place(row.number) if sort is SearchSort.NEW else _Place(place.before, place.skip + 1)
        if len(rows) < take:
            return shown, None
        looked_at += take
        take = _MANY
    return shown, place


def _anchored(tx: ReadTx, actor: Actor, wanted: Search, sort: SearchSort, start: _Place) -> _Place:
    """By relevance, the pages of one search leave out what comes in meanwhile: it would move all the others."""
    if sort is SearchSort.NEW or start.before < END:
        return start
    newest = index.list_newest(tx, actor.workspace, wanted, END, 1)
    return _Place(newest[0].number + 1) if newest else start


def _list(tx: ReadTx, actor: Actor, wanted: Search, sort: SearchSort, place: _Place, take: int) -> list[DocumentRow]:
    if sort is SearchSort.NEW:
        return index.list_newest(tx, actor.workspace, wanted, place.before, take)
    return index.list_best(tx, actor.workspace, wanted, place.before, place.skip, take)


def _read(tx: ReadTx, actor: Actor, rows: Sequence[DocumentRow]) -> dict[str, _Source]:
    """What of these this actor may see, by id."""
    ids = {kind: [row.id for row in rows if row.kind == kind] for kind in DocumentKind}
    sources: list[_Source] = []
    if ids[DocumentKind.MESSAGE]:
        found = store.search.list_messages(tx, actor.workspace, ids[DocumentKind.MESSAGE])
        sources += [_Source(DocumentKind.MESSAGE, text, text.id, [text.text]) for text in found]
    if ids[DocumentKind.CHAT]:
        found = store.search.list_chats(tx, actor.workspace, ids[DocumentKind.CHAT])
        sources += [_Source(DocumentKind.CHAT, text, text.id, [text.text]) for text in found]
    if ids[DocumentKind.PROFILE] and actor.has(Scope.PROFILE_READ):
        texts = profiles.list_texts(tx, actor, ids[DocumentKind.PROFILE])
        sources += [_Source(DocumentKind.PROFILE, None, profile, text) for profile, text in texts.items()]
    return {source.id: source for source in sources}


def _hit(source: _Source, wanted: Search) -> Hit:
    excerpt = make_excerpt(source.texts, wanted.terms)
    chat = source.found.chat_id if source.found else None
    branch = source.found.branch_id if source.found else None
    message = MessageId(source.id) if source.kind is DocumentKind.MESSAGE else None
    return Hit(source.kind.value, source.id, chat, branch, message, excerpt.text, excerpt.ranges)
