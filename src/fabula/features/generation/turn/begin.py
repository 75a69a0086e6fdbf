"""Step 2 of the turn: everything a generation needs, stored in one transaction before the model is asked."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, ChatId, GenerationId, InstanceId, MessageId, PipelineRunId, VariantId, uuid7
from fabula.db import WriteTx
from fabula.engine import operations
from fabula.engine.operations import Operation, OperationMismatch
from fabula.features import conversations
from fabula.features.connections import Choice
from fabula.features.conversations import Author, Branch, Chat, MessageRole, NewMessage
from fabula.features.generation import store
from fabula.features.generation.errors import GenerationInProgress, NotAnAnswer, NothingToContinue
from fabula.features.generation.types import Mode, ModelRef, Started, Trigger

Chooser = Callable[[WriteTx, Actor, Chat], Choice]
Speaker = Callable[[WriteTx, Actor, Chat], Author]
Gatherer = Callable[[WriteTx, Actor, Started, Chat, Branch], object]
Expander = Callable[[WriteTx, Actor, Chat, NewMessage, BranchId | None], NewMessage]


@dataclass(frozen=True, slots=True)
class Turn:
    """What every beginning shares: owner, how the model is chosen, the source's part, and the caller's operation."""

    owner: InstanceId
    choose: Chooser
    speaker: Speaker
    expand: Expander
    gather: Gatherer
    operation: Operation | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """The operation id was seen before: attach to what it began."""

    generation: GenerationId


@dataclass(frozen=True, slots=True)
class Begin:
    """A stored beginning, with what its prompt will be made from: read in the same transaction, one instant."""

    started: Started
    material: object


Begun = Begin | Repeated


def begin_reply(
    tx: WriteTx, actor: Actor, turn: Turn, chat: ChatId, branch: BranchId | None, new: NewMessage | None
) -> Begun:
    """A user's message and the empty answer to it; without `new`, an answer to what stands there."""
    if (seen := claim(tx, actor, turn)) is not None:
        return seen
    # Whether the branch is free is seen when the generation goes in.
    found, line = conversations.answer.lock_with_chat(tx, actor, chat, branch)
    choice = turn.choose(tx, actor, found)  # read before anything is written: what is written then goes together
    generation, author = GenerationId(uuid7()), turn.speaker(tx, actor, found)
    if new is None:
        slot = conversations.answer.append(tx, actor, found, line, author, generation)
        upto = line.last_seq + 1
    else:
        draft = turn.expand(tx, actor, found, new, line.id)
        slot = conversations.answer.append_after(tx, actor, found, line, draft, author, generation)
        upto = line.last_seq + 2
    place = _Place(found, line, choice, slot.said, slot.message_id, slot.variant_id, upto, "")
    return _store(tx, actor, turn, generation, Mode.REPLY, place)


def begin_variant(tx: WriteTx, actor: Actor, turn: Turn, message: MessageId, branch: BranchId | None) -> Begun:
    """Another variant of an answer, shown on `branch` (by default the message's own).

    Raises `NotAnAnswer` for any other message, and `InvalidInput` when the branch does not show it.
    """
    if (seen := claim(tx, actor, turn)) is not None:
        return seen
    answer = conversations.get_message(tx, actor, message)
    if answer.role is not MessageRole.ASSISTANT:
        raise NotAnAnswer(message)
    found, line = _free_branch(tx, actor, answer.chat_id, branch or answer.branch_id)
    return _open(tx, actor, turn, Mode.REGENERATE, found, line, message)


def begin_continue(tx: WriteTx, actor: Actor, turn: Turn, chat: ChatId, branch: BranchId | None) -> Begun:
    """A variant of the branch's last answer that starts with its text; raises `NothingToContinue`."""
    if (seen := claim(tx, actor, turn)) is not None:
        return seen
    found, line = _free_branch(tx, actor, chat, branch)
    last = conversations.list_messages(tx, actor, chat, line.id, 1, None, None)
    if not last or last[0].role is not MessageRole.ASSISTANT:
        raise NothingToContinue(line.id)
    return _open(tx, actor, turn, Mode.CONTINUE, found, line, last[0].id)


def begin_impersonate(tx: WriteTx, actor: Actor, turn: Turn, chat: ChatId, branch: BranchId | None) -> Begun:
    """What the user might say next; no message is made."""
    if (seen := claim(tx, actor, turn)) is not None:
        return seen
    found, line = _free_branch(tx, actor, chat, branch)
    place = _Place(found, line, turn.choose(tx, actor, found), None, None, None, line.last_seq + 1, "")
    return _store(tx, actor, turn, GenerationId(uuid7()), Mode.IMPERSONATE, place)


@dataclass(frozen=True, slots=True)
class _Place:
    chat: Chat
    branch: Branch
    choice: Choice
    user_message: MessageId | None
    message: MessageId | None
    variant: VariantId | None
    upto: int
    prefix: str


_TRIGGERS = {
    Mode.REPLY: Trigger.USER_MESSAGE,
    Mode.REGENERATE: Trigger.REGENERATE,
    Mode.CONTINUE: Trigger.CONTINUE,
    Mode.IMPERSONATE: Trigger.MANUAL,
}


def claim(tx: WriteTx, actor: Actor, turn: Turn) -> Repeated | None:
    """Claim the caller's operation, if it has one; what it began when it was seen before.

    Raises `OperationMismatch` when it began no answer: the same message was posted to be stored only.
    """
    actor.require(Scope.CHAT_WRITE)
    if turn.operation is None:
        return None
    answered = operations.claim(tx, actor.workspace, turn.operation)
    if answered is None:
        return None
    if answered.reference is None:
        raise OperationMismatch(turn.operation.id)
    return Repeated(GenerationId(answered.reference))


def _free_branch(tx: WriteTx, actor: Actor, chat: ChatId, branch: BranchId | None) -> tuple[Chat, Branch]:
    """The branch, locked; raises `GenerationInProgress` when an answer is being written on it."""
    found, line = conversations.answer.lock_with_chat(tx, actor, chat, branch)
    live = store.generations.find_live(tx, actor.workspace, line.id)
    if live is not None:
        raise GenerationInProgress(live)
    return found, line


def _open(tx: WriteTx, actor: Actor, turn: Turn, mode: Mode, chat: Chat, branch: Branch, message: MessageId) -> Begin:
    generation, continues, choice = GenerationId(uuid7()), mode is Mode.CONTINUE, turn.choose(tx, actor, chat)
    slot, before = conversations.answer.open_variant(tx, actor, branch, message, generation, continues=continues)
    prefix = before.prompt_text if continues else ""
    place = _Place(chat, branch, choice, None, slot.message_id, slot.variant_id, before.seq, prefix)
    return _store(tx, actor, turn, generation, mode, place)


def _store(tx: WriteTx, actor: Actor, turn: Turn, generation: GenerationId, mode: Mode, place: _Place) -> Begin:
    started = Started(
        id=generation,
        workspace=actor.workspace,
        mode=mode,
        chat_kind=place.chat.kind,
        chat_id=place.chat.id,
        branch_id=place.branch.id,
        user_message_id=place.user_message,
        message_id=place.message,
        variant_id=place.variant,
        run_id=PipelineRunId(uuid7()),
        upto=place.upto,
        prefix=place.prefix,
        operation_id=None if turn.operation is None else turn.operation.id,
        choice=place.choice,
    )
    record(tx, actor, turn, started, _TRIGGERS[mode])
    # The branch as it is now: the messages of this turn are its last.
    line = replace(place.branch, last_seq=max(place.branch.last_seq, place.upto - 1))
    return Begin(started, turn.gather(tx, actor, started, place.chat, line))


def record(tx: WriteTx, actor: Actor, turn: Turn, started: Started, trigger: Trigger) -> None:
    """Store a generation as `streaming`, with its run, and let the caller's operation mean it.

    Raises `GenerationInProgress` when another is being written on its branch.
    """
    choice = started.choice
    store.runs.insert_run(tx, started, trigger)
    ref = ModelRef(choice.provider_id, choice.model or "", choice.params)
    while not store.generations.insert_generation(tx, started, ref, turn.owner):
        assert started.branch_id is not None, "only a branch can be busy"
        if live := store.generations.find_live(tx, actor.workspace, started.branch_id):
            raise GenerationInProgress(live)
        # It has settled between the two statements: the branch is free now.
    if turn.operation is not None:
        # The turn is an outcome from here on: a repeat attaches, also when the process dies in the middle.
        operations.finish(tx, actor.workspace, turn.operation.id, status=202, reference=started.id)
    tx.emit(
        actor.workspace,
        "generation.started",
        generationId=started.id,
        chatId=started.chat_id,
        branchId=started.branch_id,
        messageId=started.message_id,
    )
