"""What a tale is told with is found by one statement, on both databases."""

import pytest

from fabula.core.actor import Actor
from fabula.core.ids import uuid7
from fabula.db import Database
from fabula.features import conversations
from fabula.features.conversations import Author, Chat, ChatKind, NewChat
from fabula.features.generation.tale.material import gather
from fabula.features.identity import ensure_local_owner
from fabula.features.lore import Shelf
from fabula.features.prompting import Scopes, library
from fabula.features.prompting.library import NewTemplate
from tests.watching import queries, recorded


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


@pytest.fixture
async def chat(db: Database, actor: Actor) -> Chat:
    new = NewChat(ChatKind.TALE, None, "T", Author("assistant", None, "A"), [])
    return await db.write(actor, conversations.start, new)


async def test_a_turn_without_any_of_it_asks_twice_more(db: Database, actor: Actor, chat: Chat) -> None:
    with recorded() as sent:
        material = await db.read(actor, gather, chat.id, None, None, "seed", 100, Shelf())
    # Chat, branch, history; then the setting and the effects.
    assert len(queries(sent)) == 5
    assert (material.told.template, material.told.persona, material.told.books) == (None, None, ())


async def test_of_one_scope_the_template_changed_last_is_used(db: Database, actor: Actor, chat: Chat) -> None:
    scopes = Scopes()
    first = await db.write(actor, library.create, scopes, NewTemplate("one", "1"))
    second = await db.write(actor, library.create, scopes, NewTemplate("two", "2"))
    found = await db.read(actor, gather, chat.id, None, None, "seed", 100, Shelf())
    assert found.told.template is not None
    assert found.told.template.id == second.id
    await db.write(actor, library.change, scopes, first.id, library.TemplateChange(text="1!"))
    found = await db.read(actor, gather, chat.id, None, None, "seed", 100, Shelf())
    assert found.told.template is not None
    assert (found.told.template.id, found.told.template.text) == (first.id, "1!")


async def test_a_template_of_another_chat_is_not_used(db: Database, actor: Actor, chat: Chat) -> None:
    scopes = Scopes()
    for scope in ("chat", "entity_profile"):
        scopes.register(scope, lambda *_: None)
    for scope in ("chat", "entity_profile"):
        await db.write(actor, library.create, scopes, NewTemplate("other", "x", scope, uuid7()))
    found = await db.read(actor, gather, chat.id, None, None, "seed", 100, Shelf())
    assert found.told.template is None
