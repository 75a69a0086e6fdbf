"""Reading pipeline runs."""

from dataclasses import replace

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ChatId, PipelineRunId
from fabula.core.paging import Page
from fabula.db import ReadTx
from fabula.features import conversations
from fabula.features.generation import store
from fabula.features.generation.pipelines import PipelineId
from fabula.features.generation.pipelines.errors import PipelineNotFound, PipelineRunNotFound
from fabula.features.generation.types import Run


def get_run(tx: ReadTx, actor: Actor, run: PipelineRunId) -> Run:
    """One run with its steps; raises `PipelineRunNotFound`."""
    actor.require(Scope.CHAT_READ)
    found = store.runs.find_whole(tx, actor.workspace, run)
    if found is None:
        raise PipelineRunNotFound(run)
    return replace(found, steps=tuple(store.runs.list_steps(tx, actor.workspace, run)))


def list_runs(
    tx: ReadTx, actor: Actor, chat: ChatId | None, pipeline: PipelineId | None, limit: int, cursor: str | None
) -> Page[Run]:
    """Runs with their steps, the newest first; of one chat or pipeline, if given. Two queries a page, and the chat's.

    Raises `ChatNotFound`, and `PipelineNotFound` for one that is not there and left no run here.
    """
    actor.require(Scope.CHAT_READ)
    if chat is not None:
        conversations.get_chat(tx, actor, chat)
    page = store.runs.list_runs(tx, actor.workspace, chat, pipeline, limit, cursor)
    if pipeline is not None and not page.items and store.pipelines.find_pipeline(tx, actor.workspace, pipeline) is None:
        raise PipelineNotFound(pipeline)
    steps = store.runs.list_steps_of(tx, actor.workspace, [run.id for run in page.items])
    whole = tuple(replace(run, steps=tuple(steps.get(run.id, ()))) for run in page.items)
    return Page(whole, page.next_cursor)
