"""What reading and forking cost: statements and indexes, not seconds."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from fabula.core.ids import BranchId, MessageId
from fabula.db.opening import SQLITE_NAME
from fabula.features import conversations
from fabula.features.conversations import Chat, MessageRole, NewMessage, branch, read
from tests.conftest import Place
from tests.feature.conversations.conftest import YOU, World

Statements = list[tuple[str, Any]]


@contextmanager
def recorded() -> Iterator[Statements]:
    sent: Statements = []

    def note(conn: sa.Connection, cursor: object, statement: str, parameters: object, *_: object) -> None:
        sent.append((statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


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


@pytest.mark.parametrize("what", READS)
def test_no_list_scans_a_table_or_sorts(world: World, place: Place, what: str) -> None:
    if place.url is not None:
        pytest.skip("EXPLAIN QUERY PLAN is SQLite's; the indexes are the same on both")
    chat = world.chat("Hello.", "Good day.")
    world.fill(chat, 300)
    line = branch_at(world, chat, 0)
    reading = _reading(world, chat, line, world.read(conversations.list_messages, chat.id, None, 1, 1, None)[0].id)
    with recorded() as sent:
        reading[what]()
    plans = _plans(place, sent)
    assert plans
    bad = [step for step in plans if "USE TEMP B-TREE" in step or (step.startswith("SCAN") and _is_table(step))]
    assert not bad, "\n".join(plans)


def _is_table(step: str) -> bool:
    return step.split()[1] in {"chats", "chat_branches", "chat_messages", "message_variants", "all_variants"}


def _plans(place: Place, sent: Statements) -> list[str]:
    with sqlite3.connect(place.data / SQLITE_NAME) as conn:
        found = [
            str(row[3])
            for statement, parameters in sent
            for row in conn.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    conn.close()
    return found
