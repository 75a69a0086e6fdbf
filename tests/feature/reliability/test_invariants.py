"""The checks of the stored invariants notice every kind of damage."""

import pytest
import sqlalchemy as sa

from bench.invariants import RULES, find_violations, open_engine
from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place
from tests.server import running

_ONE = "(SELECT id FROM llm_generations ORDER BY id LIMIT 1)"
_SECOND_MAIN = (
    "INSERT INTO chat_branches (id, workspace_id, chat_id, title, fork_seq, last_seq, created_at, updated_at) "
    "SELECT chat_id, workspace_id, chat_id, 'second', -1, -1, created_at, updated_at FROM chat_branches"
)
_SELF_FORK = "UPDATE chat_branches SET parent_branch_id = id, forked_from_message_id = id"
_ONE_CHAT = "UPDATE chat_messages SET chat_id = (SELECT id FROM chats ORDER BY id LIMIT 1)"
DAMAGE = {
    "the active branch of a chat is one of its own": "UPDATE chats SET active_branch_id = id",
    "a chat has one main": _SECOND_MAIN,
    "the parent of a branch owns the fork message, and the branch goes on after it": _SELF_FORK,
    "a pinned variant belongs to the fork message": "UPDATE chat_branches SET forked_from_variant_id = id",
    "seq has no gap and no double, and last_seq is the last": "UPDATE chat_branches SET last_seq = last_seq + 1",
    "a message lies in a branch of its chat": _ONE_CHAT,
    "the selected variant of a message exists and is its own": "UPDATE chat_messages SET selected_variant_id = id",
    "the cache of a message equals its selected variant": "UPDATE chat_messages SET prompt_text = 'other'",
    "a text with letters can be found, a turn's own once its answer has ended": "DELETE FROM search_documents",
    "a streaming variant has a streaming generation": "UPDATE message_variants SET state = 'streaming'",
    "a streaming generation has a living owner": f"UPDATE llm_generations SET status = 'streaming' WHERE id = {_ONE}",
    "a generation's variant exists, is its message's, and ended as it did": "UPDATE message_variants SET state = 'error'",
    "a pipeline run ends with its generation": "UPDATE pipeline_runs SET status = 'running'",
    "an operation has one generation": "UPDATE llm_generations SET operation_id = 'the same'",
    "an operation that made a generation is remembered with it": "UPDATE operations SET reference = NULL",
    "a running operation has a living owner": "UPDATE operations SET state = 'running'",
}


def test_every_rule_is_damaged_here() -> None:
    assert list(DAMAGE) == list(RULES)


@pytest.fixture
async def engine(place: Place) -> sa.Engine:
    """The database of a server that has stopped: two chats, turns, a second variant, an operation."""
    async with running(place, ScriptedModel()) as client:
        for chat in [await client.chat(), await client.chat()]:
            await client.say(chat, headers={"X-Operation-Id": f"say in {chat}"})
            await client.say(chat)
            answer = (await client.messages(chat))[-1]
            await client.frames("POST", f"/v1/messages/{answer['id']}/regenerate")
    return open_engine(place.url or place.data / "fabula.db")


async def test_damage_is_noticed_rule_by_rule(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        assert find_violations(conn) == []
        missed = []
        for rule, statement in DAMAGE.items():
            conn.exec_driver_sql(statement)
            if not any(violation.startswith(f"not so: {rule} (") for violation in find_violations(conn)):
                missed.append(rule)
            conn.rollback()
        assert missed == []
    engine.dispose()
