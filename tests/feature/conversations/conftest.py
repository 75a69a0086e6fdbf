"""A database of each kind with the local owner, used from ordinary functions."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest
import sqlalchemy as sa

from fabula.core.actor import Actor
from fabula.core.clock import utc_now
from fabula.core.ids import ChatId
from fabula.db import Database, Event, ReadTx, WriteTx
from fabula.db.opening import open_postgres, open_sqlite
from fabula.features import identity
from fabula.features.conversations import Author, Chat, ChatKind, Greeting, NewChat, NewMessage, get_branch, start
from fabula.features.conversations.append import Entry, add_entries
from fabula.features.conversations.tables import chat_branches, chat_messages, message_variants
from fabula.features.conversations.types import MessageRole
from tests.conftest import Place

P = ParamSpec("P")
T = TypeVar("T")
MIRA = Author("entity_profile", None, "Mira")
YOU = Author("user", None, "You")


@dataclass
class World:
    """Runs transactions for one actor."""

    runner: asyncio.Runner
    db: Database
    actor: Actor

    def write(self, fn: Callable[Concatenate[WriteTx, Actor, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.runner.run(self.db.write(self.actor, fn, *args, **kwargs))

    def read(self, fn: Callable[Concatenate[ReadTx, Actor, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.runner.run(self.db.read(self.actor, fn, *args, **kwargs))

    def chat(self, *greetings: str) -> Chat:
        new = NewChat(ChatKind.TALE, None, "", MIRA, [Greeting(n, text, text) for n, text in enumerate(greetings)])
        return self.write(start, new)

    def fill(self, chat: Chat, count: int) -> None:
        """Messages straight into the tables, numbered from where the active branch ends."""
        self.write(_fill, chat, count)

    def rows(self, chat: ChatId) -> tuple[int, int, int]:
        """How many branches, messages and variants a chat has."""
        return self.read(_count, chat)


def _silence(events: Sequence[Event]) -> None:
    """Nobody listens here."""


def _fill(tx: WriteTx, actor: Actor, chat: Chat, count: int) -> None:
    for begin in range(0, count, 1000):
        line = get_branch(tx, actor, chat, None)
        size = min(1000, count - begin)
        entries = [Entry(NewMessage(MessageRole.USER, f"line {line.last_seq + 1 + i}", YOU)) for i in range(size)]
        add_entries(tx, actor, chat, line, entries)


def _count(tx: ReadTx, actor: Actor, chat: ChatId) -> tuple[int, int, int]:
    def one(statement: sa.Select[Any]) -> int:
        return int(tx.execute(statement).scalar_one())

    ours = chat_messages.c.workspace_id == actor.workspace
    count = sa.select(sa.func.count())
    return (
        one(
            count.select_from(chat_branches).where(
                (chat_branches.c.chat_id == chat) & (chat_branches.c.workspace_id == actor.workspace)
            )
        ),
        one(count.select_from(chat_messages).where((chat_messages.c.chat_id == chat) & ours)),
        one(count.select_from(message_variants).join(chat_messages).where((chat_messages.c.chat_id == chat) & ours)),
    )


@pytest.fixture
def world(place: Place) -> Iterator[World]:
    with asyncio.Runner() as runner:
        opening = (
            open_sqlite(place.data, utc_now, _silence)
            if place.url is None
            else open_postgres(place.url, 4, utc_now, _silence)
        )
        db = runner.run(opening)
        actor = runner.run(db.system("local owner", identity.ensure_local_owner))
        yield World(runner, db, actor)
        runner.run(db.close())
