"""How a tale is answered: the card, the persona, lore and the history become a prompt."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fabula.core.actor import Actor
from fabula.core.ids import VariantId
from fabula.db import Database, ReadTx, WriteTx
from fabula.features import conversations, profiles, prompting
from fabula.features.connections import Connection
from fabula.features.conversations import Author, Branch, Chat
from fabula.features.generation.sources import NOTHING, Additions, BuiltPrompt, Expanded, Place
from fabula.features.generation.tale.compose import Composed, Turn, compose
from fabula.features.generation.tale.explain import explain
from fabula.features.generation.tale.last import last_of
from fabula.features.generation.tale.lore import asks_standing
from fabula.features.generation.tale.material import (
    Material,
    find_standing,
    gather_from,
    profile_of,
    read_books,
    tell,
)
from fabula.features.generation.tale.memory import to_meta
from fabula.features.generation.tale.notices import notices_of
from fabula.features.generation.tale.scribe import read_fields
from fabula.features.generation.tale.stage import TaleStage
from fabula.features.generation.types import Mode, Started
from fabula.features.lore import Lorebook, Shelf
from fabula.features.prompting import MacroContext, TokenCounter
from fabula.plugins import Json

# More messages than any window holds cost time to read and are never sent.
_TOKENS_PER_MESSAGE_AT_LEAST = 12
MAX_HISTORY = 2_000
# Scanning more than this takes about as long as handing the work to a thread.
_LARGE_BOOK = 50
# Characters. Counting a chat's messages is remembered; what a caller of the protocol brings is as good as new.
_LARGE_TEXT = 100_000
_END = 2**31 - 1
# How far back a posted text looks for what was said last.
_RECENT = 50
_LAST = re.compile(r"\{\{\s*#?\s*(?:if\W+)?(?:last|idle)", re.IGNORECASE)


class Tales:
    """The `TurnSource` of chats of kind `tale`."""

    def __init__(self) -> None:
        self._counters = prompting.Counters()
        self.counter = self._counters.plain
        self.shelf = Shelf()

    def speaker(self, tx: WriteTx, actor: Actor, chat: Chat) -> Author:
        profile = profile_of(tx, actor, chat)
        if profile is None:
            return Author("assistant", None, "Assistant")
        return Author("entity_profile", profile.id, profile.name)

    def expand(self, tx: ReadTx, actor: Actor, chat: Chat, text: str, place: Place) -> Expanded:
        if not prompting.macros.has_macros(text):
            return Expanded(text)
        branch = conversations.get_branch(tx, actor, chat, place.branch)
        upto = _END if place.upto is None else place.upto
        metas = conversations.standing.list_effects(tx, actor, chat, branch, upto)
        told = tell(tx, actor, chat, profile_of(tx, actor, chat), str(chat.last_message_at), metas)
        macros = told.macros
        if _asks_last(text, macros):
            said = conversations.list_history(tx, actor, chat, branch, upto, _RECENT)
            # What of them a prompt will include, nobody knows yet.
            macros = replace(macros, last=replace(last_of(said, chat.last_message_at), first_included_id=None))
        fields = read_fields(macros, told.memory.variables, prompting.DEFAULT_SYSTEM)
        found = prompting.macros.expand(text, fields.macros, fields.variables)
        return Expanded(found.text, to_meta((), found.changes), notices_of(found))

    def gather(self, tx: ReadTx, actor: Actor, started: Started, chat: Chat, branch: Branch, room: int) -> Material:
        return gather_from(tx, actor, chat, branch, started.upto, started.id, window_of(room), self.shelf)

    def stage(
        self, db: Database, actor: Actor, started: Started, connection: Connection, material: object
    ) -> TaleStage | None:
        assert isinstance(material, Material)
        bound = material.told.pipeline
        if bound is None or bound.definition is None:
            return None
        return TaleStage(
            db,
            actor,
            bound,
            material,
            partial(self._try, db, actor, started, connection),
            self._counter_for(connection),
            connection.context_tokens,
        )

    async def _try(
        self, db: Database, actor: Actor, started: Started, connection: Connection, material: Material, reserve: int
    ) -> Composed:
        """The prompt as it would be with `reserve` tokens less room, to see what does not fit it."""
        room = connection.answer_tokens + reserve
        turn = Turn(started.mode, started.message_id, started.prefix, connection.context_tokens, room)
        return await self.compose(db, actor, material, turn, connection)

    async def prepare(
        self,
        db: Database,
        actor: Actor,
        started: Started,
        connection: Connection,
        material: object,
        additions: Additions = NOTHING,
    ) -> BuiltPrompt:
        assert isinstance(material, Material)
        turn = Turn(
            started.mode,
            started.message_id,
            started.prefix,
            connection.context_tokens,
            connection.answer_tokens,
            additions=additions,
        )
        composed = await self.compose(db, actor, material, turn, connection)
        keep = None
        if composed.effects is not None and started.variant_id is not None:
            keep = partial(_note_effects, variant=started.variant_id, effects=composed.effects)
        prompt = composed.prompt
        return BuiltPrompt(prompt.messages, prompt.tokens, partial(explain, composed, material.told, additions), keep)

    async def compose(
        self, db: Database, actor: Actor, material: Material, turn: Turn, connection: Connection | None = None
    ) -> Composed:
        """Build the prompt; in a thread where books are large or unread, or the template is somebody's.

        Where the connection has a tokenizer, a prompt with texts that it has not counted yet is built a second time.
        """
        material = _asked(material, turn, connection)
        slow = self._is_slow(material)
        books, asks = await asyncio.to_thread(self._open, material) if slow else self._open(material)
        chat, branch = material.told.chat, material.branch
        if asks and chat is not None and branch is not None:
            answers, greeting = await db.read(actor, find_standing, chat, branch, material.length)
            turn = replace(turn, answers=answers, greeting=greeting)
        build = partial(compose, material, books, turn)
        counter = self._counter_for(connection)
        composed = await _run(build, counter, slow=slow)
        if await self._counters.learn(counter):
            composed = await _run(build, self._counter_for(connection), slow=slow)
        return composed

    def _counter_for(self, connection: Connection | None) -> TokenCounter:
        if connection is None:
            return self.counter
        name = connection.model_name or ""
        return self._counters.of(connection.model, name, (connection.id, name))

    def _open(self, material: Material) -> tuple[list[Lorebook], bool]:
        """The books, and whether any of their decorators asks where the branch stands."""
        books = read_books(material, self.shelf)
        return books, any(asks_standing(entry.content) for book in books for entry in book.entries)

    def _is_slow(self, material: Material) -> bool:
        told = material.told
        if material.branch is None and sum(len(line.text) for line in material.history) > _LARGE_TEXT:
            return True
        if told.template is not None or material.unread or len(told.books) > _LARGE_BOOK:
            return True
        own = None if material.profile is None else material.profile.spec.get("character_book")
        entries = own.get("entries") if isinstance(own, dict) else None
        count = len(entries) if isinstance(entries, list | dict) else 0
        shelved = (self.shelf.find((book.id, book.version)) for book in told.books)
        return count + sum(len(book.entries) for book in shelved if book is not None) > _LARGE_BOOK


async def _run(build: Callable[[TokenCounter], Composed], counter: TokenCounter, *, slow: bool) -> Composed:
    return await asyncio.to_thread(build, counter) if slow else build(counter)


def _asked(material: Material, turn: Turn, connection: Connection | None) -> Material:
    """The material with what its macros say of the model and of the answer that is asked for."""
    macros = replace(
        material.told.macros,
        model="" if connection is None else connection.model_name or "",
        max_prompt=turn.context_tokens - turn.answer_tokens,
        generation_type="normal" if turn.mode is Mode.REPLY else turn.mode.value,
    )
    return replace(material, told=replace(material.told, macros=macros))


def _asks_last(text: str, macros: MacroContext) -> bool:
    """Whether `text`, or a text of card or persona that it may print, asks what was said last."""
    char = macros.char
    fields = (macros.user.description, char.description, char.personality, char.scenario, char.mes_example)
    ours = (char.system_prompt, char.post_history_instructions)
    return any("{{" in found and _LAST.search(found) for found in (text, *fields, *ours))


def window_of(context_tokens: int) -> int:
    """How many messages are worth reading for a context."""
    return min(MAX_HISTORY, context_tokens // _TOKENS_PER_MESSAGE_AT_LEAST)


def greet(tx: ReadTx, actor: Actor, profile: profiles.Profile, seed: str) -> list[conversations.Greeting]:
    """A profile's greetings with their macros expanded, once; empty ones are skipped."""
    told = tell(tx, actor, None, profile, seed)
    # The chat has no id yet, and another chat with this profile may pick otherwise.
    fields = read_fields(replace(told.macros, lasting_seed=seed), told.memory.variables, prompting.DEFAULT_SYSTEM)
    found = []
    for number, raw in profiles.greetings(profile.spec):
        said = prompting.macros.expand(raw, fields.macros, fields.variables)
        if said.text.strip():
            found.append(conversations.Greeting(number, said.text, raw, to_meta((), said.changes), notices_of(said)))
    return found


def _note_effects(tx: WriteTx, actor: Actor, variant: VariantId, effects: dict[str, Json]) -> None:
    conversations.standing.note_effects(tx, actor, variant, effects)
