"""Which greeting a branch begins with."""

import pytest
import sqlalchemy as sa

from fabula.core.actor import Actor
from fabula.db import WriteTx
from fabula.features.conversations import get_branch, standing
from fabula.features.conversations.choose import select
from fabula.features.conversations.read import list_messages, list_variants
from fabula.features.conversations.tables import message_variants
from tests.feature.conversations.conftest import World


def forget_numbers(tx: WriteTx, actor: Actor) -> None:
    """As in chats that began before variants kept the number."""
    ours = message_variants.c.workspace_id == actor.workspace
    tx.execute(sa.update(message_variants).where(ours).values(meta_json=None))


@pytest.mark.parametrize("is_old", [False, True])
def test_a_branch_knows_its_greeting(world: World, *, is_old: bool) -> None:
    chat = world.chat("One", "Two", "Three")
    if is_old:
        world.write(forget_numbers)
    line = world.read(get_branch, chat, None)
    (first,) = world.read(list_messages, chat.id, None, 1, None, None)
    for number, variant in enumerate(world.read(list_variants, first.id, None, 10, None).items):
        world.write(select, first.id, variant.id, None)
        assert world.read(standing.find_greeting, chat, line) == number
