"""How much lore fits. A book takes no more than its own budget; all together no more than the largest of them.

What does not fit closes the book for everything of lower rank, so the lowest are the ones that go; an entry that
is larger than a whole budget is left out alone.
"""

from collections.abc import Sequence

from fabula.features.lore.rules import Hit
from fabula.features.lore.types import DEFAULT_BUDGET_SHARE, Lorebook


def budget_of(book: Lorebook, context_tokens: int) -> int:
    """The tokens `book` may take: its own budget, else a quarter of the context, and never more than the context."""
    own = book.token_budget
    share = int(context_tokens * DEFAULT_BUDGET_SHARE)
    return max(0, min(context_tokens, share if own is None else own))


class Purse:
    """What is left of every book's budget, and of the whole."""

    def __init__(self, books: Sequence[Lorebook], context_tokens: int) -> None:
        self._limits = [budget_of(book, context_tokens) for book in books]
        self._left = list(self._limits)
        self._whole_limit = self._whole_left = max(self._limits, default=0)
        self._closed: set[int] = set()
        self._whole_closed = False

    def admit(self, hit: Hit, tokens: int) -> bool:
        """Pay for one entry, asked in rank order. `ignore_budget` costs nothing, nor does an empty text."""
        if hit.candidate.entry.ignore_budget or not tokens:
            return True
        shelf = hit.candidate.place[0]
        if self._whole_closed or shelf in self._closed or tokens > self._limits[shelf]:
            return False
        if tokens > self._whole_left:
            self._whole_closed = True
            return False
        if tokens > self._left[shelf]:
            self._closed.add(shelf)
            return False
        self._left[shelf] -= tokens
        self._whole_left -= tokens
        return True
