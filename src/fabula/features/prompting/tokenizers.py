"""Counts by the tokenizer of the model that answers, where its server has one: asked once for all that a prompt brought.

Of a usual turn that is what was said last; all else was counted before. What is not counted in time is estimated, and
the prompt's explanation says so.
"""

import asyncio
import time
from collections.abc import Hashable

import structlog

from fabula.features.prompting.tokens import Remembered, TokenCounter, find_counter
from fabula.plugins import ChatModel, ModelError
from fabula.plugins.contracts import Tokenizer

log = structlog.get_logger()

_SECONDS = 0.5
# After a fault, how long a tokenizer is left alone: people must not wait for it in every turn.
_REST_SECONDS = 60.0
# Characters of one call: llama.cpp splits as many in about 0.2 s on two busy cores. The rest is for the next turns.
MAX_CHARS = 100_000


class ModelCounter:
    """Counts for one prompt, as `TokenCounter`: `missing` are the texts that were estimated, in order."""

    def __init__(self, source: Tokenizer, model: str, key: Hashable, known: Remembered, fallback: TokenCounter) -> None:
        self.source, self.model, self.key = source, model, key
        self.missing: dict[str, None] = {}
        self._tokenizer = source.tokenizer or ""
        self._known = known
        self._fallback = fallback
        self._is_used = False

    @property
    def name(self) -> str:
        """How the texts so far were counted."""
        if not self.missing:
            return self._tokenizer
        return f"{self._tokenizer} + {self._fallback.name}" if self._is_used else self._fallback.name

    def count(self, text: str) -> int:
        if not text:
            return 0
        found = self._known.find(self.key, text)
        if found is None:
            self.missing[text] = None
            return self._fallback.count(text)
        self._is_used = True
        return found


class Counters:
    """How texts are counted for each model: as its tokenizer told, or by `plain` where it has none."""

    def __init__(self, plain: TokenCounter | None = None) -> None:
        self.plain = plain or find_counter()
        self._known = Remembered()
        self._rests: dict[Hashable, float] = {}

    def of(self, source: ChatModel, model: str, key: Hashable) -> TokenCounter:
        """A counter for one prompt; `key` stands for the model among all models of all servers."""
        # The protocol is looked at last: that takes a while, and few have a tokenizer.
        if getattr(source, "tokenizer", None) is None or not isinstance(source, Tokenizer):
            return self.plain
        return ModelCounter(source, model, key, self._known, self.plain)

    async def learn(self, counter: TokenCounter) -> bool:
        """Ask for what a counter of a model had to estimate, the last of it first; False if nothing became known."""
        if not isinstance(counter, ModelCounter):
            return False
        if self._rests.get(counter.key, 0.0) > time.monotonic():
            return False
        asked = _choose(list(counter.missing))
        if not asked:
            return False
        plain = [text.encode("utf-8", "replace").decode() for text in asked]
        try:
            async with asyncio.timeout(_SECONDS):
                counts = await counter.source.count_tokens(counter.model, plain)
        except (ModelError, TimeoutError) as error:
            self._rests[counter.key] = time.monotonic() + _REST_SECONDS
            log.warning("tokenizer.failed", tokenizer=counter.source.tokenizer, reason=type(error).__name__)
            return False
        self._rests.pop(counter.key, None)
        for text, count in zip(asked, counts or (), strict=counts is not None):
            self._known.keep(counter.key, text, max(count, 1))
        return counts is not None


def _choose(missing: list[str]) -> list[str]:
    """As many as one call may hold, from the last; the newest messages come last in a prompt."""
    chosen, room = list[str](), MAX_CHARS
    for text in reversed(missing):
        if len(text) <= room:
            chosen.append(text)
            room -= len(text)
    return chosen
