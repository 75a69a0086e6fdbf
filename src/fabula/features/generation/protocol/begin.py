"""The beginning of a completion: a generation without chat, and a prompt of the given messages."""

import json
from collections.abc import Sequence
from dataclasses import replace

from fabula.core.actor import Actor
from fabula.core.ids import GenerationId, MessageId, PipelineRunId, ProfileId, VariantId, uuid7
from fabula.db import WriteTx
from fabula.features import identity, profiles
from fabula.features.connections import Connections, merge_params
from fabula.features.conversations import ChatKind, HistoryLine, MessageRole
from fabula.features.generation.protocol.asked import Asked, Given
from fabula.features.generation.tale.material import Material, load_unread, tell
from fabula.features.generation.tale.source import window_of
from fabula.features.generation.turn.begin import Begin, Begun, Turn, claim, record
from fabula.features.generation.types import Mode, Started, Trigger
from fabula.features.lore import Shelf
from fabula.features.prompting import Insert, LastMessages

# Deeper than any history: before its first message.
_TOP = 2**31


def begin_completion(
    tx: WriteTx, actor: Actor, turn: Turn, connections: Connections, shelf: Shelf, profile: ProfileId, asked: Asked
) -> Begun:
    """Store the generation and read what its prompt is made from. Raises `ProfileNotFound`."""
    if (seen := claim(tx, actor, turn)) is not None:
        return seen
    found = profiles.get_profile(tx, actor, profile)
    choice = connections.choose(tx, actor, found.settings, identity.get_settings(tx, actor))
    choice = replace(choice, params=merge_params(choice.params, asked.params))
    started = Started(
        id=GenerationId(uuid7()),
        workspace=actor.workspace,
        mode=Mode.REPLY,
        chat_kind=ChatKind.TALE,
        chat_id=None,
        branch_id=None,
        user_message_id=None,
        message_id=None,
        variant_id=None,
        run_id=PipelineRunId(uuid7()),
        upto=len(asked.messages),
        prefix="",
        operation_id=None if turn.operation is None else turn.operation.id,
        choice=choice,
    )
    record(tx, actor, turn, started, Trigger.API)
    pinned, said = split(asked.messages)
    window = said[-window_of(choice.context_tokens) :]
    told = tell(tx, actor, None, found, started.id, last=_last(window))
    names = {MessageRole.USER: told.macros.user.name, MessageRole.ASSISTANT: told.macros.char.display}
    history = [
        HistoryLine(
            MessageId(str(given.place)),
            VariantId(""),
            given.place,
            given.role,
            given.text,
            json.dumps({"name": given.name or names.get(given.role, "")}),
        )
        for given in window
    ]
    unread = load_unread(tx, actor, told.books, shelf)
    older = len(said) - len(window)
    return Begin(started, Material(told, None, history, len(said), found, unread, pinned, older))


def split(messages: Sequence[Given]) -> tuple[list[Insert], list[Given]]:
    """The caller's instructions, which no trimming may take, and what is said after them.

    Only those before the first other message: an instruction in the middle belongs to its place in the history.
    """
    start = next((at for at, given in enumerate(messages) if given.role is not MessageRole.SYSTEM), len(messages))
    pinned = [
        Insert(f"message:{given.place}", "system", given.text, depth=_TOP, order=given.place - _TOP)
        for given in messages[:start]
    ]
    return pinned, list(messages[start:])


def _last(said: Sequence[Given]) -> LastMessages:
    """What the card's last-message macros print."""
    if not said:
        return LastMessages()

    def newest(role: MessageRole) -> str:
        return next((given.text for given in reversed(said) if given.role is role), "")

    end = said[-1]
    return LastMessages(end.text, newest(MessageRole.USER), newest(MessageRole.ASSISTANT), end.place, said[0].place)
