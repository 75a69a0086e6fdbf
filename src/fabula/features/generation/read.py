"""Reading generations and their traces."""

import json
from dataclasses import dataclass

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ChatId, GenerationId
from fabula.core.paging import Page
from fabula.db import ReadTx
from fabula.features import conversations
from fabula.features.generation import store
from fabula.features.generation.errors import GenerationNotFound
from fabula.features.generation.types import Generation, GenerationStatus, StepRecord, StoredText
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class Trace:
    """Why an answer is what it is. `snapshot` has prompt, trimmed, lore and retrieval; None before it was stored."""

    generation: Generation
    run: dict[str, object] | None
    steps: list[StepRecord]
    snapshot: dict[str, Json] | None


def get_generation(tx: ReadTx, actor: Actor, generation: GenerationId) -> Generation:
    """One generation; raises `GenerationNotFound`."""
    actor.require(Scope.CHAT_READ)
    found = store.generations.find_generation(tx, actor.workspace, generation)
    if found is None:
        raise GenerationNotFound(generation)
    return found


def list_generations(
    tx: ReadTx,
    actor: Actor,
    chat: ChatId | None,
    status: GenerationStatus | None,
    limit: int,
    cursor: str | None,
) -> Page[Generation]:
    """Generations, the newest first; of one chat or status, if given. Raises `ChatNotFound`."""
    actor.require(Scope.CHAT_READ)
    if chat is not None:
        conversations.get_chat(tx, actor, chat)
    return store.generations.list_generations(tx, actor.workspace, chat, status, limit, cursor)


def get_stored(tx: ReadTx, actor: Actor, generation: GenerationId) -> tuple[Generation, StoredText]:
    """A generation and what the database holds of its text, at one instant; nothing where its variant was deleted."""
    found = get_generation(tx, actor, generation)
    text, reasoning, changed = store.generations.find_output(tx, actor.workspace, generation)
    if found.variant_id is None:
        return found, StoredText(text, reasoning, changed)
    written = conversations.answer.find_variant_text(tx, actor, found.variant_id)
    return found, StoredText("", "", changed=True) if written is None else StoredText(*written, changed)


def get_trace(tx: ReadTx, actor: Actor, generation: GenerationId) -> Trace:
    """Everything that explains an answer."""
    found = get_generation(tx, actor, generation)
    snapshot = store.generations.find_snapshot(tx, actor.workspace, generation)
    if found.pipeline_run_id is None:
        return Trace(found, None, [], None if snapshot is None else json.loads(snapshot))
    return Trace(
        found,
        store.runs.find_run(tx, actor.workspace, found.pipeline_run_id),
        store.runs.list_steps(tx, actor.workspace, found.pipeline_run_id),
        None if snapshot is None else json.loads(snapshot),
    )
