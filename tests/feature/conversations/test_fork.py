"""A fork into a new chat: copied whole, in short transactions, once."""

import asyncio
import math
from datetime import timedelta
from typing import Any

import pytest

from fabula.core.actor import Actor
from fabula.core.ids import ChatId, InstanceId, OperationId, uuid7
from fabula.db import WriteTx
from fabula.engine.operations import Operation, OperationMismatch
from fabula.features import conversations
from fabula.features.conversations import Chat, branch, choose, delete, edit, fork, importing, read, store
from fabula.features.conversations.errors import ChatNotFound, MessageStreaming
from fabula.features.conversations.types import VariantKind
from tests.feature.conversations.conftest import MIRA, World


def rendered(chat: Chat) -> str:
    return str(chat.id)


def forked(world: World, chat: Chat, **wish: Any) -> ChatId:
    wanted = fork.Fork(chat.id, wish.get("message"), wish.get("all_variants", False), wish.get("title", ""))
    return ChatId(world.runner.run(fork.fork(world.db, world.actor, wish.get("operation"), wanted, rendered)))


def operation() -> Operation:
    return Operation(OperationId(uuid7()), "print", InstanceId(uuid7()))


def texts(world: World, chat: ChatId) -> list[str]:
    found: list[str] = []
    after = -1
    while page := world.read(conversations.list_messages, chat, None, 500, None, after):
        found += [m.prompt_text for m in page]
        after = page[-1].seq
    return found


def edited(world: World, chat: ChatId, seq: int, text: str) -> None:
    message = world.read(conversations.list_messages, chat, None, 1, seq + 1, None)[0]
    world.write(edit.message, message.id, None, None, edit.Edit(text, None, None, keeps_blocks=True))


def test_a_long_history_is_copied_whole_and_lives_apart(world: World) -> None:
    chat = world.chat("Hello.")
    world.fill(chat, 1_100)
    copy = forked(world, chat, title="Elsewhere")
    assert texts(world, copy) == texts(world, chat.id)
    assert world.rows(copy) == (1, 1_101, 1_101)
    edited(world, copy, 3, "changed")
    assert texts(world, chat.id)[3] == "line 3"
    found = world.read(conversations.get_chat, copy)
    assert (found.title, found.last_message_preview) == ("Elsewhere", "line 1100")
    world.write(delete.chat, chat.id, None)
    assert len(texts(world, copy)) == 1_101


def test_a_copy_ends_with_its_message_and_takes_the_variants_asked_for(world: World) -> None:
    chat = world.chat("One.", "Two.", "Three.")
    world.fill(chat, 4)
    greeting = world.read(conversations.list_messages, chat.id, None, 1, 1, None)[0]
    second = world.read(read.list_variants, greeting.id, None, 9, None).items[1]
    world.write(choose.select, greeting.id, second.id, None)
    upto = world.read(conversations.list_messages, chat.id, None, 1, 3, None)[0]
    for all_variants, expected in ((False, ["Two."]), (True, ["One.", "Two.", "Three."])):
        copy = forked(world, chat, message=upto.id, all_variants=all_variants)
        assert texts(world, copy) == ["Two.", "line 1", "line 2"]
        first = world.read(conversations.list_messages, copy, None, 1, 1, None)[0]
        variants = world.read(read.list_variants, first.id, None, 9, None).items
        assert [v.prompt_text for v in variants] == expected
        assert [v.prompt_text for v in variants if v.is_selected] == ["Two."]


def test_a_message_with_more_variants_than_a_batch_holds_is_copied(world: World) -> None:
    chat = world.chat(*(f"greeting {n}" for n in range(600)))
    world.fill(chat, 3)
    copy = forked(world, chat, all_variants=True)
    assert world.rows(copy) == (1, 4, 603)


def test_a_pinned_branch_is_copied_as_it_shows_itself(world: World) -> None:
    chat = world.chat("One.", "Two.")
    greeting = world.read(conversations.list_messages, chat.id, None, 1, None, None)[0]
    second = world.read(read.list_variants, greeting.id, None, 9, None).items[1]
    line = world.write(branch.create, chat.id, greeting.id, second.id, "")
    world.write(branch.activate, chat.id, line.id)
    assert texts(world, forked(world, chat)) == ["Two."]


def test_a_streaming_message_is_refused_and_nothing_stays(world: World) -> None:
    chat = world.chat()
    world.fill(chat, 600)
    world.write(_append_answer, chat.id)
    op = operation()
    with pytest.raises(MessageStreaming):
        forked(world, chat, operation=op)
    assert world.runner.run(world.db.system("test", _hidden_chats)) == 0
    whole = world.read(conversations.list_messages, chat.id, None, 1, 600, None)[0]
    assert len(texts(world, forked(world, chat, message=whole.id, operation=op))) == 600


def test_an_operation_sent_three_times_at_once_makes_one_chat(world: World) -> None:
    chat = world.chat()
    world.fill(chat, 700)
    op, wish = operation(), fork.Fork(chat.id, None, False, "")

    async def thrice() -> list[str]:
        return await asyncio.gather(*(fork.fork(world.db, world.actor, op, wish, rendered) for _ in range(3)))

    assert len(set(world.runner.run(thrice()))) == 1
    assert len(world.read(read.list_chats, None, 50, None).items) == 2
    other = Operation(op.id, "another print", op.owner)
    with pytest.raises(OperationMismatch):
        forked(world, chat, operation=other)


def test_a_chat_in_the_making_is_invisible_and_its_left_overs_go(world: World) -> None:
    chat = world.chat("Hello.")
    new = importing.NewImport(chat.kind, None, "half", {}, {})
    hidden, line = world.write(importing.open_chat, new)
    page = world.read(conversations.list_messages, chat.id, None, 1, None, None)
    variant = importing.ImportedVariant(VariantKind.IMPORT, "x", page[0].created_at)
    message = importing.ImportedMessage(page[0].role, page[0].author, page[0].created_at, [variant])
    world.write(importing.add, hidden, line, 0, [message] * 600)
    with pytest.raises(ChatNotFound):
        world.read(conversations.get_chat, hidden)
    assert [c.id for c in world.read(read.list_chats, None, 50, None).items] == [chat.id]

    def sweep(idle: float) -> int:
        rounds = 0
        while world.runner.run(world.db.system("remove unfinished imports", importing.remove_unfinished, idle)):
            rounds += 1
        return rounds

    assert sweep(3_600) == 0  # somebody may be at it
    assert world.rows(hidden) == (1, 600, 600)
    assert sweep(0) == math.ceil(600 / (importing.BATCH_ROWS // 2))
    assert world.rows(hidden) == (0, 0, 0)
    assert texts(world, chat.id) == ["Hello."]


def _append_answer(tx: WriteTx, actor: Actor, chat: ChatId) -> None:
    found = conversations.get_chat(tx, actor, chat)
    line = conversations.answer.lock_branch(tx, actor, found, None)
    conversations.answer.append(tx, actor, found, line, MIRA, uuid7())  # type: ignore[arg-type]  # any id will do


def _hidden_chats(tx: WriteTx) -> int:
    return len(store.chats.list_unfinished(tx, tx.now + timedelta(days=1)))
