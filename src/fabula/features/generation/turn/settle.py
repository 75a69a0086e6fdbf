"""Step 7 of the turn: one transaction that makes an answer final; and what becomes of those whose process died."""

from collections.abc import Sequence

import structlog

from fabula.core.actor import Actor
from fabula.core.ids import InstanceId
from fabula.db import WriteTx
from fabula.features import conversations, usage
from fabula.features.conversations import TextState
from fabula.features.generation import store
from fabula.features.generation.errors import GenerationInterrupted
from fabula.features.generation.types import GenerationStatus, Mode, Outcome, Started, StepRecord

log = structlog.get_logger()

REAP_BATCH = 100
_TEXT_STATES = {
    GenerationStatus.DONE: TextState.SETTLED,
    GenerationStatus.ABORTED: TextState.SETTLED,
    GenerationStatus.ERROR: TextState.ERROR,
    GenerationStatus.INTERRUPTED: TextState.INTERRUPTED,
}


def settle(
    tx: WriteTx,
    actor: Actor,
    started: Started,
    owner: InstanceId,
    model: str,
    outcome: Outcome,
    steps: Sequence[StepRecord],
) -> bool:
    """Store the end of a generation. True: the streams were sent what is stored.

    False: they are to be told what stands, for a step after the answer changed its text; or it was declared dead
    meanwhile, and nothing is changed.
    """
    ws = actor.workspace
    has_message = started.message_id is not None and started.variant_id is not None
    ours = store.generations.settle(tx, ws, started.id, owner, model, outcome, keep_text=not has_message)
    if not ours:
        return False
    if started.chat_id is not None and started.message_id is not None and started.variant_id is not None:
        slot = conversations.answer.AnswerSlot(started.message_id, started.variant_id, started.user_message_id)
        state = _TEXT_STATES[outcome.status]
        conversations.answer.settle(tx, actor, started.chat_id, slot, outcome.text, outcome.reasoning, None, state)
    store.runs.insert_steps(tx, ws, started.run_id, steps)
    error = None if outcome.error is None else str(outcome.error.get("message"))
    store.runs.finish_run(tx, ws, started.run_id, outcome.status.value, error)
    tokens = (outcome.prompt_tokens or 0) + outcome.completion_tokens
    usage.record(
        tx,
        actor,
        [(usage.Meter.LLM_TOKENS, tokens), (usage.Meter.MESSAGES_PROCESSED, int(started.mode is Mode.REPLY))],
        model=model,
        chat=started.chat_id,
        generation=started.id,
        operation=started.operation_id,
    )
    tx.emit(
        ws,
        "generation.settled",
        generationId=started.id,
        chatId=started.chat_id,
        branchId=started.branch_id,
        messageId=started.message_id,
        status=outcome.status.value,
    )
    return not outcome.text_changed


def give_up(tx: WriteTx, started: Started) -> None:
    """Close a generation that cannot be settled, as if its process had died; its flushed text stays."""
    error = GenerationInterrupted()
    problem: dict[str, object] = {"code": error.code, "message": error.message}
    store.ownership.interrupt(tx, [started.id], problem)
    if started.variant_id is not None:
        said = [] if started.user_message_id is None else [started.user_message_id]
        conversations.answer.interrupt(tx, [started.variant_id], said)
    store.runs.interrupt(tx, [started.run_id])


def interrupt_orphans(tx: WriteTx) -> int:
    """Mark up to `REAP_BATCH` generations whose owner is no living instance; their flushed text stays."""
    orphans = store.ownership.list_orphans(tx, REAP_BATCH)
    if not orphans:
        return 0
    problem: dict[str, object] = {"code": GenerationInterrupted.code, "message": GenerationInterrupted().message}
    store.ownership.interrupt(tx, [orphan.id for orphan in orphans], problem)
    variants = [orphan.variant_id for orphan in orphans if orphan.variant_id is not None]
    said = [orphan.user_message_id for orphan in orphans if orphan.user_message_id is not None]
    conversations.answer.interrupt(tx, variants, said)
    store.runs.interrupt(tx, [orphan.run_id for orphan in orphans if orphan.run_id is not None])
    for orphan in orphans:
        status = GenerationStatus.INTERRUPTED.value
        tx.emit(orphan.workspace, "generation.settled", generationId=orphan.id, chatId=orphan.chat_id, status=status)
    log.warning("generation.interrupted", count=len(orphans))
    return len(orphans)
