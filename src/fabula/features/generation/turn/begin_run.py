"""A pipeline run by hand: a turn that answers what stands at the end of a branch, with that pipeline."""

from dataclasses import replace

from fabula.core.actor import Actor
from fabula.core.ids import BranchId, ChatId
from fabula.db import WriteTx
from fabula.features.conversations import Branch, Chat
from fabula.features.generation import store
from fabula.features.generation.pipeline_library import get_pipeline
from fabula.features.generation.pipelines import PipelineId
from fabula.features.generation.pipelines.errors import PipelineDisabled
from fabula.features.generation.turn.begin import Begin, Begun, Turn, begin_reply
from fabula.features.generation.types import Started, Trigger


def begin_run(
    tx: WriteTx, actor: Actor, turn: Turn, pipeline: PipelineId, chat: ChatId, branch: BranchId | None
) -> Begun:
    """As `begin_reply` without a message; raises also `PipelineNotFound` or `PipelineDisabled`."""

    def gather(tx: WriteTx, actor: Actor, started: Started, chat: Chat, branch: Branch) -> object:
        bound = replace(chat, settings={**chat.settings, "pipelineId": pipeline})
        return turn.gather(tx, actor, started, bound, branch)

    begun = begin_reply(tx, actor, replace(turn, gather=gather), chat, branch, None)
    if isinstance(begun, Begin):
        if not get_pipeline(tx, actor, pipeline).enabled:
            raise PipelineDisabled(pipeline)
        store.runs.assign(tx, actor.workspace, begun.started.run_id, pipeline, Trigger.MANUAL)
    return begun
