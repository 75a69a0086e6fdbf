"""A chat in the making: in the index, batch by batch, found when it is whole, forgotten when it never is."""

from datetime import UTC, datetime

import pytest

from fabula.core.actor import Actor
from fabula.core.ids import BranchId, ChatId
from fabula.db import Database, ReadTx, WriteTx
from fabula.engine.text import Search, index, parse
from fabula.engine.text.index import END
from fabula.features.conversations import importing
from fabula.features.conversations.importing import ImportedMessage, ImportedVariant, NewImport
from fabula.features.conversations.search import Question, search
from fabula.features.conversations.types import Author, ChatKind, MessageRole, VariantKind
from fabula.features.identity import ensure_local_owner

LONG_AGO = datetime(2023, 5, 1, tzinfo=UTC)


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


def begin(tx: WriteTx, actor: Actor) -> tuple[ChatId, BranchId]:
    """A chat with a title and 300 messages, not finished."""
    chat, branch = importing.open_chat(tx, actor, NewImport(ChatKind.TALE, None, "Of storks", {}, {}))
    author = Author("user", None, "Ann")
    texts = [[f"A stork, number {nth}", f"Once a goose {nth}"] for nth in range(300)]
    messages = [
        ImportedMessage(
            MessageRole.USER, author, LONG_AGO, [ImportedVariant(VariantKind.IMPORT, text, LONG_AGO) for text in both]
        )
        for both in texts
    ]
    importing.add(tx, actor, chat, branch, 0, messages)
    return chat, branch


def count(tx: ReadTx, actor: Actor) -> int:
    return len(index.list_newest(tx, actor.workspace, Search(parse("stork")), END, 1000))


async def test_an_import_is_found_when_it_is_whole(db: Database, actor: Actor) -> None:
    chat, branch = await db.write(actor, begin)
    assert (await search(db, actor, Question("storks"), 500, None)).items == ()
    await db.write(actor, importing.finish, chat, branch)
    found = await search(db, actor, Question("storks"), 500, None)
    assert [hit.type for hit in found.items] == ["message"] * 300 + ["chat"]
    assert "299" in found.items[0].excerpt
    assert (await search(db, actor, Question("goose"), 500, None)).items == ()  # not the selected variants


async def test_a_discarded_import_leaves_nothing_in_the_index(db: Database, actor: Actor) -> None:
    chat, _ = await db.write(actor, begin)
    assert await db.read(actor, count) == 301
    while await db.write(actor, importing.discard, chat):
        pass
    assert await db.read(actor, count) == 0
