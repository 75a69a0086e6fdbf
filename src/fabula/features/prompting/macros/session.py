"""The state of one expansion: variables as they change, what was reported, how much was produced."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from fabula.features.prompting.errors import ExpansionTooLarge
from fabula.features.prompting.types import MacroContext, VariableChange, Variables, VariableScope

MAX_PRODUCED = 1_000_000  # characters that all macros of one text may print and store together
_MAX_REPORTED = 100
_MAX_NAME = 60


class Session:
    """The expansion of one text and of those it prints, or one template's rendering. Not shared between threads.

    `text` is the one at hand; `field` answers for a text of card or persona by its name, where these are not finished.
    """

    def __init__(
        self, ctx: MacroContext, variables: Variables, text: str = "", field: Callable[[str], str] | None = None
    ) -> None:
        self.ctx = ctx
        self._text = text
        self._field = field
        self._stored = variables
        self._written: dict[tuple[VariableScope, str], str] = {}
        self._unknown: dict[str, None] = {}
        self._produced = 0
        self._dice: random.Random | None = None
        self.hidden_keys: list[str] = []
        self.comments: list[str] = []

    @property
    def changes(self) -> tuple[VariableChange, ...]:
        return tuple(VariableChange(scope, name, value) for (scope, name), value in self._written.items())

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(self._unknown)

    @property
    def dice(self) -> random.Random:
        """The source of `{{random}}` and `{{roll}}`, each text's own: what one draws changes nothing in another.

        Made when first asked for: seeding costs more than most texts.
        """
        if self._dice is None:
            self._dice = random.Random(f"{self.ctx.seed}\0{self._text}".encode("utf-8", "surrogatepass"))
        return self._dice

    def field(self, name: str) -> str:
        """A text of the card by the name of its field, or the persona's description as `persona`."""
        if self._field is not None:
            return self._field(name)
        return self.ctx.user.description if name == "persona" else str(getattr(self.ctx.char, name))

    @contextmanager
    def within(self, text: str, original: str) -> Iterator[None]:
        """While `text` is printed in the midst of another: its dice and its `{{original}}` are its own."""
        outer = self.ctx, self._text, self._dice
        self.ctx, self._text, self._dice = replace(self.ctx, original=original), text, None
        try:
            yield
        finally:
            self.ctx, self._text, self._dice = outer

    def report(self, name: str) -> None:
        name = name.strip()[:_MAX_NAME]
        if name and len(self._unknown) < _MAX_REPORTED:
            self._unknown[name] = None

    def spend(self, characters: int) -> None:
        """Count what a macro printed or stored; raises `ExpansionTooLarge`."""
        self._produced += characters
        if self._produced > MAX_PRODUCED:
            raise ExpansionTooLarge(MAX_PRODUCED)

    def read(self, scope: VariableScope, name: str) -> str:
        """A variable's value, or the empty string."""
        written = self._written.get((scope, name))
        if written is not None:
            return written
        stored: Mapping[str, str] = self._stored.chat if scope is VariableScope.CHAT else self._stored.shared
        return stored.get(name, "")

    def write(self, scope: VariableScope, name: str, value: str) -> None:
        self.spend(len(name) + len(value))
        self._written[scope, name] = value
