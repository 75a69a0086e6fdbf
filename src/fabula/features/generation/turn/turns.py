"""`Turns`: what the edges (routes, commands) use to start, follow and stop answers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Concatenate, ParamSpec

from fabula.core.actor import Actor
from fabula.core.ids import BranchId, ChatId, GenerationId, MessageId, ProfileId
from fabula.core.paging import MAX_LIMIT
from fabula.db import Database, ReadTx, WriteTx
from fabula.engine.operations import Operation
from fabula.features import connections, conversations, profiles
from fabula.features.conversations import Author, Chat, ChatKind, Message, MessageRole, NewChat, NewMessage
from fabula.features.generation.errors import MessageTooLong
from fabula.features.generation.live.follow import Follower
from fabula.features.generation.pipeline_library import check_binding
from fabula.features.generation.read import list_generations
from fabula.features.generation.sources import Place, TurnSources
from fabula.features.generation.tale import source as tales
from fabula.features.generation.turn.begin import Begun, Turn
from fabula.features.generation.turn.orchestrate import Orchestrator
from fabula.features.generation.types import Generation, GenerationStatus
from fabula.http.sse import Source
from fabula.plugins import Json

P = ParamSpec("P")

# Together about the time a process has to notice that another one wants its answer stopped.
_ABORT_ROUNDS = 50
_ABORT_PAUSE_SECONDS = 0.1


class Turns:
    """Joins the orchestrator and the follower."""

    def __init__(
        self,
        db: Database,
        orchestrator: Orchestrator,
        follower: Follower,
        sources: TurnSources,
        max_message_bytes: int,
    ) -> None:
        self._db = db
        self._orchestrator = orchestrator
        self._follower = follower
        self.sources = sources
        self._max_message_bytes = max_message_bytes
        connections.register_binding("pipelineId", check_binding)

    def draft(self, actor: Actor, role: str, text: str, blocks: list[dict[str, Json]] | None) -> NewMessage:
        """What the caller wrote, as a message; raises `MessageTooLong`."""
        self.check_length(text)
        return NewMessage(MessageRole(role), text, Author("user", actor.id, actor.name), blocks)

    def check_length(self, text: str) -> None:
        """Raise `MessageTooLong`."""
        if len(text.encode()) > self._max_message_bytes:
            raise MessageTooLong(self._max_message_bytes)

    async def start(
        self,
        actor: Actor,
        operation: Operation | None,
        begin: Callable[Concatenate[WriteTx, Actor, Turn, P], Begun],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> GenerationId:
        """See `Orchestrator.start`; raises `TooManyStreams` before anything is stored."""
        self._follower.check_room()
        return await self._orchestrator.start(actor, operation, begin, *args, **kwargs)

    def check_room(self) -> None:
        """See `Follower.check_room`."""
        self._follower.check_room()

    def may_change(self, actor: Actor, generation: GenerationId) -> bool:
        """See `Follower.may_change`."""
        return self._follower.may_change(actor, generation)

    async def follow(self, actor: Actor, generation: GenerationId, last_id: str | None) -> Source:
        """See `Follower.follow`."""
        return await self._follower.follow(actor, generation, last_id)

    async def stop(self) -> None:
        """See `Orchestrator.stop`."""
        await self._orchestrator.stop()

    async def abort(self, actor: Actor, generation: GenerationId) -> None:
        """See `Orchestrator.abort`."""
        await self._orchestrator.abort(actor, generation)

    async def abort_all(
        self,
        actor: Actor,
        find: Callable[Concatenate[ReadTx, Actor, P], list[GenerationId]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Stop the answers that `find` finds and wait for their end, here or in another process, for some seconds.

        What is still being written after that is for the caller to refuse.
        """
        for done in range(_ABORT_ROUNDS):
            found = await self._db.read(actor, find, *args, **kwargs)
            if not found:
                return
            if done:  # it is written elsewhere, and its process looks from time to time
                await asyncio.sleep(_ABORT_PAUSE_SECONDS)
            for generation in found:
                await self._orchestrator.abort(actor, generation)


def start_tale(tx: WriteTx, actor: Actor, profile: ProfileId, title: str) -> Chat:
    """A chat with a profile, its greetings as the variants of message 0; raises `ProfileNotFound`."""
    found = profiles.get_profile(tx, actor, profile)
    author = Author("entity_profile", found.id, found.name)
    greetings = tales.greet(tx, actor, found, str(tx.now))
    return conversations.start(tx, actor, NewChat(ChatKind.TALE, profile, title, author, greetings))


def post_message(
    tx: WriteTx, actor: Actor, turns: Turns, chat: ChatId, branch: BranchId | None, draft: NewMessage
) -> Message:
    """Store a message without an answer."""
    found = conversations.get_chat(tx, actor, chat)
    return conversations.post(tx, actor, chat, branch, turns.sources.expand(tx, actor, found, draft, branch))


def save_edit(
    tx: WriteTx,
    actor: Actor,
    turns: Turns,
    message: MessageId,
    branch: BranchId | None,
    version: int | None,
    draft: conversations.edit.Edit,
) -> Message:
    """Edit a message; macros in the new text are expanded, once, as in a posted one."""
    if draft.prompt_text is not None:
        found = conversations.get_message(tx, actor, message)
        chat, place = conversations.get_chat(tx, actor, found.chat_id), Place(branch or found.branch_id, found.seq)
        expanded = turns.sources.of(chat.kind).expand(tx, actor, chat, draft.prompt_text, place)
        raw = None if expanded.text == draft.prompt_text else draft.prompt_text
        draft = replace(
            draft, prompt_text=expanded.text, raw_text=raw, effects=expanded.effects, notices=expanded.notices
        )
    return conversations.edit.message(tx, actor, message, branch, version, draft)


def live_in_chat(tx: ReadTx, actor: Actor, chat: ChatId, version: int | None) -> list[GenerationId]:
    """What has to be stopped before a chat is deleted; nothing where the delete will be refused."""
    return [g.id for g in _live(tx, actor, chat)] if conversations.delete.allows_chat(tx, actor, chat, version) else []


def live_on_branch(tx: ReadTx, actor: Actor, chat: ChatId, branch: BranchId) -> list[GenerationId]:
    """As `live_in_chat`, for a branch."""
    allowed = conversations.delete.allows_branch(tx, actor, chat, branch)
    return [g.id for g in _live(tx, actor, chat) if g.branch_id == branch] if allowed else []


def live_of_message(tx: ReadTx, actor: Actor, message: MessageId, version: int | None) -> list[GenerationId]:
    """As `live_in_chat`, for a message, on whichever branch it is being written."""
    chat = conversations.delete.allows_message(tx, actor, message, version)
    return [] if chat is None else [g.id for g in _live(tx, actor, chat) if g.message_id == message]


def _live(tx: ReadTx, actor: Actor, chat: ChatId) -> Sequence[Generation]:
    # One a branch at most; what is over the limit is found in the next round of `abort_all`.
    return list_generations(tx, actor, chat, GenerationStatus.STREAMING, MAX_LIMIT, None).items
