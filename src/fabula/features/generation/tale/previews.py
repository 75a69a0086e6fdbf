"""Looking without acting: a template rendered, lore tried out, as the next turn would do it. Nothing is stored."""

import json
from collections.abc import Sequence
from dataclasses import replace

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ChatId, MessageId, PersonaId, ProfileId, VariantId, uuid7
from fabula.db import Database, ReadTx
from fabula.features import conversations, lore, personas, profiles
from fabula.features.connections import Connections
from fabula.features.conversations import HistoryLine, MessageRole
from fabula.features.generation.store.setting import Candidate
from fabula.features.generation.tale.compose import Composed, Turn
from fabula.features.generation.tale.material import Material, Template, gather, load_unread, tell
from fabula.features.generation.tale.source import Tales, window_of
from fabula.features.generation.types import Mode
from fabula.features.lore import LorebookId, Shelf, TriedOut
from fabula.features.prompting import Preview, Scopes


def tale_scopes() -> Scopes:
    """What templates and lorebooks can be bound to here, beside the whole workspace."""
    scopes = Scopes()
    scopes.register("chat", lambda tx, actor, found: conversations.get_chat(tx, actor, ChatId(found)))
    scopes.register("entity_profile", lambda tx, actor, found: profiles.get_profile(tx, actor, ProfileId(found)))
    scopes.register("persona", lambda tx, actor, found: personas.get_persona(tx, actor, PersonaId(found)))
    return scopes


class Previews:
    """Composes as `Tales` does, for nobody's turn."""

    def __init__(self, tales: Tales, connections: Connections) -> None:
        self._tales = tales
        self._connections = connections

    async def template(
        self, db: Database, actor: Actor, template: str, chat: ChatId | None, profile: ProfileId | None
    ) -> Preview:
        """See `prompting.preview.Previewer`."""
        actor.require(Scope.WORKSHOP_READ)
        material = await self._gather(db, actor, chat, profile)
        tried = Template("", "", "", 0, template, {})
        composed = await self._compose(db, actor, replace(material, told=replace(material.told, template=tried)))
        writes = {change.name: change.value for change in composed.changes}
        tokens = self._tales.counter.count(composed.system)
        return Preview(composed.system, tokens, self._tales.counter.name, composed.unknown, writes)

    async def lore(
        self, db: Database, actor: Actor, text: str | None, chat: ChatId | None, books: Sequence[LorebookId] | None
    ) -> TriedOut:
        """See `lore.try_out.TryOut`."""
        actor.require(Scope.WORKSHOP_READ)
        material = await self._gather(db, actor, chat, None)
        if text is not None:
            said = HistoryLine(
                _NO_MESSAGE, _NO_VARIANT, material.length, MessageRole.USER, text, json.dumps({"name": ""})
            )
            material = replace(material, history=[*material.history, said], length=material.length + 1)
        if books is not None or chat is None:
            material = await db.read(actor, _with_books, material, books, self._tales.shelf)
        composed = await self._compose(db, actor, material)
        return TriedOut(composed.lore, composed.result.warnings)

    async def _gather(self, db: Database, actor: Actor, chat: ChatId | None, profile: ProfileId | None) -> Material:
        if chat is None:
            return await db.read(actor, _imagine, profile)
        take = window_of(self._connections.default().context_tokens)
        return await db.read(actor, gather, chat, None, None, uuid7(), take, self._tales.shelf, named=True)

    async def _compose(self, db: Database, actor: Actor, material: Material) -> Composed:
        connection = self._connections.default()
        turn = Turn(Mode.REPLY, None, "", connection.context_tokens, connection.answer_tokens)
        return await self._tales.compose(db, actor, material, turn)


_NO_MESSAGE, _NO_VARIANT = MessageId("text"), VariantId("")


def _imagine(tx: ReadTx, actor: Actor, profile: ProfileId | None) -> Material:
    """A chat that nobody has started yet."""
    found = None if profile is None else profiles.get_profile(tx, actor, profile)
    return Material(tell(tx, actor, None, found, uuid7()), None, [], 0, found, ())


def _with_books(
    tx: ReadTx, actor: Actor, material: Material, books: Sequence[LorebookId] | None, shelf: Shelf
) -> Material:
    """With these books in place of the bound ones and the card's own; without a list, with all there are."""
    known = lore.pick_books(tx, actor, books)
    chosen = tuple(Candidate("book", b.id, "global", None, b.name, "", b.version, None) for b in known)
    told = replace(material.told, books=chosen)
    return replace(material, told=told, profile=None, unread=load_unread(tx, actor, chosen, shelf))
