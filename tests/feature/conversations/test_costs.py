"""What reading and forking cost: statements and indexes, not seconds."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from fabula.core.ids import BranchId, MessageId
from fabula.features import conversations
from fabula.features.conversations import Chat, MessageRole, NewMessage, branch, read, store
from tests.feature.conversations.conftest import YOU, World
from tests.watching import plan, recorded


def branch_at(world: World, chat: Chat, seq: int) -> BranchId:
    message = world.read(conversations.list_messages, chat.id, None, 1, seq + 1, None)[0]
    return world.write(branch.create, chat.id, message.id, message.selected_variant_id, "").id


def page_of(world: World, chat: Chat, line: BranchId | None = None) -> list[MessageId]:
    return [m.id for m in world.read(conversations.list_messages, chat.id, line, 50, None, None)]


def test_a_page_costs_the_same_statements_in_a_short_and_a_long_chat(world: World) -> None:
    counts = []
    for length in (60, 3_000):
        chat = world.chat("Hello.")
        world.fill(chat, length)
        with recorded() as sent:
            assert len(page_of(world, chat)) == 50
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 4


def test_a_page_of_a_branch_reads_only_the_stretches_it_touches(world: World) -> None:
    chat = world.chat()
    world.fill(chat, 400)
    line = branch_at(world, chat, 300)
    for text in "abc":
        world.write(conversations.post, chat.id, line, NewMessage(MessageRole.USER, text, YOU))
    with recorded() as sent:
        page = world.read(conversations.list_messages, chat.id, line, 3, None, None)
    assert [m.prompt_text for m in page] == ["a", "b", "c"]
    own = len(sent)
    with recorded() as sent:
        page = world.read(conversations.list_messages, chat.id, line, 50, None, None)
    assert page[0].seq == 254
    assert len(sent) == own + 2  # the parent's stretch, and the pinned variant


@pytest.mark.parametrize("length", [10, 2_000])
def test_posting_and_forking_cost_the_same_statements_at_any_length(world: World, length: int) -> None:
    chat = world.chat()
    world.fill(chat, length)
    with recorded() as posting:
        world.write(conversations.post, chat.id, None, NewMessage(MessageRole.USER, "more", YOU))
    rows = world.rows(chat.id)
    source = world.read(conversations.list_messages, chat.id, None, 1, length // 2, None)[0]
    with recorded() as forking:
        world.write(branch.create, chat.id, source.id, None, "")
    assert world.rows(chat.id) == (rows[0] + 1, rows[1], rows[2])
    assert len(posting) <= 9
    assert len(forking) <= 7


READS = ("newest page", "page before", "page after", "branches", "variants", "chats", "history")


def _reading(world: World, chat: Chat, line: BranchId, first: MessageId) -> dict[str, Callable[[], object]]:
    pages = conversations.list_messages
    return {
        "newest page": lambda: world.read(pages, chat.id, line, 50, None, None),
        "page before": lambda: world.read(pages, chat.id, line, 50, 100, None),
        "page after": lambda: world.read(pages, chat.id, line, 50, None, 20),
        "branches": lambda: world.read(read.list_branches, chat.id, 50, None),
        "variants": lambda: world.read(read.list_variants, first, line, 50, None),
        "chats": lambda: world.read(read.list_chats, None, 50, None),
        "history": lambda: world.read(_history, chat, line),
    }


def _history(tx: Any, actor: Any, chat: Chat, line: BranchId) -> object:
    found = conversations.get_branch(tx, actor, chat, line)
    return conversations.list_history(tx, actor, chat, found, 2**31 - 1, 100)


TABLES = {"chats", "chat_branches", "chat_messages", "message_variants", "all_variants"}


@pytest.mark.parametrize("what", READS)
def test_no_list_scans_a_table_or_sorts(world: World, what: str) -> None:
    chat = world.chat("Hello.", "Good day.")
    world.fill(chat, 300)
    line = branch_at(world, chat, 0)
    reading = _reading(world, chat, line, world.read(conversations.list_messages, chat.id, None, 1, 1, None)[0].id)
    with recorded() as sent:
        reading[what]()
    plans = world.read(lambda tx, _: plan(tx, sent))
    assert plans
    bad = [step for step in plans if "USE TEMP B-TREE" in step or "Sort" in step or _is_walk(step)]
    assert not bad, "\n".join(plans)


def test_the_end_of_a_chat_is_found_without_a_scan_or_a_sort(world: World) -> None:
    chat = world.chat("Hello.")
    world.fill(chat, 300)
    last = world.read(conversations.list_messages, chat.id, None, 1, None, None)[0]
    with recorded() as sent:
        world.write(lambda tx, a: store.previews.note_answered(tx, a.workspace, chat.id, last.selected_variant_id, "x"))
    plans = world.read(lambda tx, _: plan(tx, [update for update in sent if update[0].startswith("UPDATE chats")]))
    assert [step for step in plans if "chat_messages" in step]
    assert not [step for step in plans if "USE TEMP B-TREE" in step or "Sort" in step or _is_walk(step)], plans
    assert not [step for step in plans if "Filter" in step and "seq" in step], plans


def _is_walk(step: str) -> bool:
    """Whether a whole table is read."""
    found = re.search(r"^SCAN (\w+)|Seq Scan on (\w+)", step)
    return found is not None and (found[1] or found[2]) in TABLES
