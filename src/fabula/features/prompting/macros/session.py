"""The state of one expansion: variables as they change, what was reported, how much was produced."""

import random
from collections.abc import Mapping

from fabula.features.prompting.errors import ExpansionTooLarge
from fabula.features.prompting.types import MacroContext, VariableChange, Variables, VariableScope

MAX_PRODUCED = 1_000_000  # characters that all macros of one text may print and store together
_MAX_REPORTED = 100
_MAX_NAME = 60


class Session:
    """One text's expansion, or one template's rendering. Not shared between threads."""

    def __init__(self, ctx: MacroContext, variables: Variables) -> None:
        self.ctx = ctx
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
        """The source of `{{random}}` and `{{roll}}`, made when first asked for: seeding costs more than most texts."""
        if self._dice is None:
            self._dice = random.Random(self.ctx.seed)
        return self._dice

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
