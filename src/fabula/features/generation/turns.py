"""`Turns`: what the edges (routes, commands) use to start, follow and stop answers."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from fabula.core.actor import Actor
from fabula.core.ids import BranchId, ChatId, GenerationId, ProfileId
from fabula.db import Database, WriteTx
from fabula.engine.operations import Operation
from fabula.features import conversations, profiles
from fabula.features.conversations import Author, Chat, ChatKind, Message, MessageRole, NewChat, NewMessage
from fabula.features.generation import tales
from fabula.features.generation.begin import Begun, Turn
from fabula.features.generation.errors import MessageTooLong
from fabula.features.generation.follow import Follower
from fabula.features.generation.orchestrate import Orchestrator
from fabula.features.generation.read import list_generations
from fabula.features.generation.sources import TurnSources
from fabula.features.generation.types import GenerationStatus
from fabula.http.sse import Source
from fabula.plugins import Json

P = ParamSpec("P")


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

    def draft(self, actor: Actor, role: str, text: str, blocks: list[dict[str, Json]] | None) -> NewMessage:
        """What the caller wrote, as a message; raises `MessageTooLong`."""
        if len(text.encode()) > self._max_message_bytes:
            raise MessageTooLong(self._max_message_bytes)
        return NewMessage(MessageRole(role), text, Author("user", actor.id, actor.name), blocks)

    async def start(
        self,
        actor: Actor,
        operation: Operation | None,
        begin: Callable[Concatenate[WriteTx, Actor, Turn, P], Begun],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> GenerationId:
        """See `Orchestrator.start`."""
        return await self._orchestrator.start(actor, operation, begin, *args, **kwargs)

    async def follow(self, actor: Actor, generation: GenerationId, last_id: str | None) -> Source:
        """See `Follower.follow`."""
        return await self._follower.follow(actor, generation, last_id)

    async def stop(self) -> None:
        """See `Orchestrator.stop`."""
        await self._orchestrator.stop()

    async def abort(self, actor: Actor, generation: GenerationId) -> None:
        """See `Orchestrator.abort`."""
        await self._orchestrator.abort(actor, generation)

    async def abort_in_chat(self, actor: Actor, chat: ChatId) -> None:
        """Stop every answer that is being written in a chat."""
        page = await self._db.read(actor, list_generations, chat, GenerationStatus.STREAMING, 100, None)
        for generation in page.items:
            await self._orchestrator.abort(actor, generation.id)


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
    return conversations.post(tx, actor, chat, branch, turns.sources.expand(tx, actor, found, draft))
