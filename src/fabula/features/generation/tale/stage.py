"""What a tale lends the steps of its pipeline: what no longer fits its prompt, what was said earlier, a memory."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from fabula.core.actor import Actor
from fabula.core.ids import VariantId
from fabula.db import Database, WriteTx
from fabula.features import conversations, prompting
from fabula.features.conversations import HistoryLine
from fabula.features.generation.sources import Bound
from fabula.features.generation.tale.compose import Composed
from fabula.features.generation.tale.material import STEPS, Material
from fabula.features.generation.tale.recall import find_older
from fabula.features.prompting import TemplateContext, TokenCounter
from fabula.plugins import FoundMessage, Json, LeftMessage

# Of the context, for what one question is given: the rest is for the question itself and for its answer.
_SHARE = 2
_CHARS_PER_TOKEN = 2


class TaleStage:
    """A `Stage` of one turn. `attempt` composes the prompt with so many tokens less room."""

    def __init__(
        self,
        db: Database,
        actor: Actor,
        pipeline: Bound,
        material: Material,
        attempt: Callable[[Material, int], Awaitable[Composed]],
        counter: TokenCounter,
        context_tokens: int,
    ) -> None:
        self._db, self._actor = db, actor
        self._material = material
        self._attempt = attempt
        self._counter = counter
        self._room = context_tokens // _SHARE
        self._outside: dict[int, list[HistoryLine]] = {}
        self.pipeline = pipeline
        self.message = material.told.macros.last.user_text
        self.remembered = material.told.remembered

    def context(self) -> TemplateContext:
        told = self._material.told
        chat: dict[str, Json] = {}
        if told.chat is not None:
            chat = {"id": told.chat.id, "title": told.chat.title, "kind": told.chat.kind.value}
        messages = [{"role": line.role.value, "content": line.text} for line in self._material.history]
        macros = prompting.expand_fields(told.macros, told.memory.variables).ctx
        return TemplateContext(macros, told.memory.variables, chat, messages)

    async def left(self, after: int, reserve: int) -> Sequence[LeftMessage]:
        found: list[LeftMessage] = []
        room = self._room
        for line in await self._list_outside(reserve):
            if line.seq <= after:
                continue
            room -= self._counter.count(line.text)
            if room < 0 and found:
                break
            # One message that is too long by itself is cut: left out, it would stand in the way for ever.
            text = line.text if room >= 0 else line.text[: self._room * _CHARS_PER_TOKEN]
            found.append(LeftMessage(line.seq, line.role.value, line.name, text))
        return found

    async def recall(self, query: str, limit: int) -> Sequence[FoundMessage]:
        chat, branch, history = self._material.told.chat, self._material.branch, self._material.history
        if chat is None or branch is None or not history or not query.strip():
            return ()
        outside = await self._list_outside(0)
        first = outside[-1].seq + 1 if outside else history[0].seq
        if first <= 0:
            return ()
        return await self._db.read(self._actor, find_older, chat, branch, query, first, limit)

    async def remember(self, memories: Mapping[str, Json]) -> None:
        """With the message before the answer: a swipe or a continuation of the answer finds it there, another branch
        that left the history earlier does not.
        """
        history = self._material.history
        if self._material.told.chat is None or not history or not memories:
            return
        kept = {**self.remembered, **memories}
        await self._db.write(self._actor, _keep, history[-1].variant_id, kept)

    async def _list_outside(self, reserve: int) -> list[HistoryLine]:
        """The messages that were read and do not fit, oldest first."""
        if reserve not in self._outside:
            composed = await self._attempt(self._material, reserve)
            trimmed = {item.origin for item in composed.prompt.trimmed}
            history = self._material.history
            self._outside[reserve] = [line for line in history if f"message:{line.message_id}" in trimmed]
        return self._outside[reserve]


def _keep(tx: WriteTx, actor: Actor, variant: VariantId, kept: Mapping[str, Json]) -> None:
    conversations.standing.note_effects(tx, actor, variant, {STEPS: dict(kept)})
