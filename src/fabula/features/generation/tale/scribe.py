"""Texts of a card, a persona, a note: macros become values, one text after another. Pure."""

from collections.abc import Sequence

from fabula.features import prompting
from fabula.features.prompting import MacroContext, VariableChange, Variables

DEPTH = 4  # SillyTavern's, where a card's depth prompt names none


class Scribe:
    """Expands texts one after another; each sees the variables that those before it set."""

    def __init__(self, macros: MacroContext, variables: Variables) -> None:
        self.macros, self.variables = macros, variables
        self.changes: list[VariableChange] = []
        self.hidden_keys: tuple[str, ...] = ()
        self._unknown: dict[str, None] = {}

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(self._unknown)

    def write(self, text: str) -> str:
        found = prompting.macros.expand(text, self.macros, self.variables)
        self.take(found.changes, found.unknown)
        return found.text

    def take(self, changes: Sequence[VariableChange], unknown: Sequence[str]) -> None:
        if changes:
            self.changes += changes
            self.variables = self.variables.apply(changes)
        self._unknown |= dict.fromkeys(unknown)


def read_fields(macros: MacroContext, variables: Variables, system: str) -> Scribe:
    """Expand persona and card, with `system` as our own prompt; the scribe goes on from there."""
    fields = prompting.expand_fields(macros, variables, system=system)
    scribe = Scribe(fields.ctx, variables)
    scribe.take(fields.changes, fields.unknown)
    scribe.hidden_keys = fields.hidden_keys
    return scribe


def depth_prompt_of(macros: MacroContext) -> tuple[str, int, str]:
    """The card's own depth prompt (`extensions.depth_prompt`: prompt, depth, role); no text where it has none."""
    extensions = macros.char.spec.get("extensions")
    found = extensions.get("depth_prompt") if isinstance(extensions, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("prompt"), str):
        return "", DEPTH, "system"
    depth, role = found.get("depth"), found.get("role")
    return (
        str(found["prompt"]),
        int(depth) if isinstance(depth, int | float) and depth >= 0 else DEPTH,
        role if isinstance(role, str) and role in {"system", "user", "assistant"} else "system",
    )
