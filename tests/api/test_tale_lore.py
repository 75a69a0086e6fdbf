"""Lore in the prompt of a tale, over real HTTP and both databases: what an entry does beside printing its text."""

import pytest

from fabula.core.ids import ChatId
from fabula.features.generation.tale.compose import Turn, compose
from fabula.features.generation.tale.material import gather, read_books
from fabula.features.generation.types import Mode
from fabula.features.lore import Shelf
from fabula.features.prompting import Counters
from fabula.plugins.testing import ScriptedModel
from tests.api.test_tale_prompt import bind_book, sent, trace_of
from tests.server import Client

LONG = "long " * 300


async def test_an_entry_that_the_budget_cuts_sets_nothing(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(description="card=[{{getvar::x}}]")
    await bind_book(
        client,
        "chat",
        chat,
        {"constant": True, "content": "{{setvar::x::CUT}}" + LONG, "insertionOrder": 50},
        {"constant": True, "content": "lore=[{{getvar::x}}]", "insertionOrder": 40},
        {"constant": True, "content": LONG, "insertionOrder": 30, "ignoreBudget": True},
        tokenBudget=50,
    )
    await client.say(chat)
    assert sent(model).count("long") == 300
    assert "lore=[]" in sent(model)
    await client.say(chat)
    assert "card=[]" in sent(model)


async def test_an_entry_that_fires_sets_what_later_entries_and_turns_see(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(description="card=[{{getvar::x}}]")
    await bind_book(
        client,
        "chat",
        chat,
        {"constant": True, "content": "{{setvar::x::SET}}", "insertionOrder": 50},
        {"constant": True, "content": "lore=[{{getvar::x}}]", "insertionOrder": 40},
    )
    await client.say(chat)
    assert "lore=[SET]" in sent(model)
    await client.say(chat)
    assert "card=[SET]" in sent(model)


async def test_hidden_keys_of_lore_are_expanded_and_feed_recursion(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(name="Mi")
    await bind_book(
        client,
        "chat",
        chat,
        {"constant": True, "content": "A {{hidden_key:{{char}} secret}} {{hidden_key sec2}}"},
        {"keys": ["Mi secret"], "content": "First."},
        {"keys": ["sec2"], "content": "Second."},
        recursive=True,
    )
    await client.say(chat)
    assert "First." in sent(model)
    assert "Second." in sent(model)
    assert "secret" not in sent(model)


async def test_deleted_messages_count_for_no_delay_and_no_depth(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(first_mes="Opening.")
    await bind_book(
        client,
        "chat",
        chat,
        {"constant": True, "content": "Delayed.", "delay": 4},
        {"constant": True, "content": "@@reverse_depth 1\nAfter the first."},
    )
    await client.say(chat, "One.")
    for gone in (await client.messages(chat))[1:]:
        await client.call("DELETE", f"/v1/messages/{gone['id']}", status=204)
    await client.say(chat, "Two.")
    said = [message.content for message in model.requests[-1].messages[1:]]
    assert said == ["Opening.", "After the first.", "Two."]
    await client.say(chat, "Three.")
    assert "Delayed." in sent(model)


async def test_messages_older_than_those_read_count_for_a_delay(client: Client) -> None:
    chat = await client.chat()
    await bind_book(client, "chat", chat, {"constant": True, "content": "Delayed.", "delay": 3})
    await client.say(chat)
    shelf, actor = Shelf(), client.fabula.owner
    material = await client.fabula.db.read(actor, gather, ChatId(chat), None, None, "seed", 1, shelf)
    turn = Turn(Mode.REPLY, None, "", context_tokens=8192, answer_tokens=100)
    composed = compose(material, read_books(material, shelf), turn, Counters().plain)
    assert [fired.text for fired in composed.result.fired] == ["Delayed."]


async def test_an_entry_for_an_icon_that_nobody_wears_does_not_fire(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    await bind_book(client, "chat", chat, {"constant": True, "content": "@@is_user_icon main\nOnly for the knight."})
    frames = await client.say(chat)
    assert "knight" not in sent(model)
    assert [item["reason"] for item in (await trace_of(client, frames))["lore"]] == ["condition"]


@pytest.mark.parametrize("trigger", ["swipe", "regenerate"])
async def test_another_answer_is_a_swipe_and_a_regeneration(client: Client, model: ScriptedModel, trigger: str) -> None:
    chat = await client.chat()
    await bind_book(client, "chat", chat, {"constant": True, "content": "Again.", "triggers": [trigger]})
    await client.say(chat)
    assert "Again." not in sent(model)
    answer = (await client.messages(chat))[-1]["id"]
    await client.frames("POST", f"/v1/messages/{answer}/regenerate")
    assert "Again." in sent(model)


async def test_a_chats_lorebooks_take_part_in_a_new_chat_forked_from_it(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    book = await bind_book(client, "chat", chat, {"constant": True, "content": "The sea is deep."})
    fork = (await client.call("POST", f"/v1/chats/{chat}/fork", status=201))["id"]
    bound = (await client.call("GET", f"/v1/lorebooks/{book}/bindings", status=200))["items"]
    assert {(one["scope"], one["scopeId"]) for one in bound} == {("chat", chat), ("chat", fork)}
    first = next(one["id"] for one in bound if one["scopeId"] == chat)
    await client.call("DELETE", f"/v1/lorebooks/{book}/bindings/{first}", status=204)
    await client.say(fork)
    assert "The sea is deep." in sent(model)
    await client.say(chat)
    assert "The sea is deep." not in sent(model)
