"""From a card's V3 data to the character of a prompt, with the macros of its fields expanded once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fabula.features.prompting.macros.expand import print_text
from fabula.features.prompting.macros.session import Session
from fabula.features.prompting.types import Character, MacroContext, VariableChange, Variables
from fabula.plugins.contracts import Json


@dataclass(frozen=True, slots=True)
class ExpandedFields:
    """The context whose card and persona are finished text, and what their macros did on the way."""

    ctx: MacroContext
    changes: tuple[VariableChange, ...]
    unknown: tuple[str, ...]
    hidden_keys: tuple[str, ...]


def read_character(data: Mapping[str, Json]) -> Character:
    """Take the fields a prompt uses from V3 card data; what is absent or of another type counts as empty."""

    def text(key: str) -> str:
        value = data.get(key)
        return value if isinstance(value, str) else ""

    return Character(
        name=text("name"),
        nickname=text("nickname"),
        description=text("description"),
        personality=text("personality"),
        scenario=text("scenario"),
        mes_example=text("mes_example"),
        system_prompt=text("system_prompt"),
        post_history_instructions=text("post_history_instructions"),
        version=text("character_version"),
        spec=data,
    )


def expand_fields(
    ctx: MacroContext, variables: Variables, *, system: str = "", post_history: str = ""
) -> ExpandedFields:
    """Expand the macros in persona and card; raises `ExpansionTooLarge`.

    A field that prints another one gets that one's expanded text, whichever comes first; one that would print itself,
    through others or not, prints nothing there.

    `system` and `post_history` are our own instructions: the card's `system_prompt` and `post_history_instructions`
    may splice them in with `{{original}}`. The context returned has our system prompt as its `original`.
    """
    fields = _Fields(ctx, variables, system, post_history)
    read, session = fields.read, fields.session
    user = replace(ctx.user, description=read("persona"))
    char = replace(
        ctx.char,
        scenario=read("scenario"),
        personality=read("personality"),
        description=read("description"),
        mes_example=read("mes_example"),
        system_prompt=read("system_prompt"),
        post_history_instructions=read("post_history_instructions"),
    )
    done = replace(ctx, user=user, char=char, original=read(_OUR_SYSTEM))
    return ExpandedFields(done, session.changes, session.unknown, tuple(session.hidden_keys))


_OUR_SYSTEM, _OUR_POST_HISTORY = "our system", "our post history"
_ORIGINALS = {"system_prompt": _OUR_SYSTEM, "post_history_instructions": _OUR_POST_HISTORY}


class _Fields:
    """The texts of persona and card, each expanded once: when it is first asked for, by a macro or by us."""

    def __init__(self, ctx: MacroContext, variables: Variables, system: str, post_history: str) -> None:
        self.session = Session(ctx, variables, field=self.read)
        self._raw = {"persona": ctx.user.description, _OUR_SYSTEM: system, _OUR_POST_HISTORY: post_history}
        self._char = ctx.char
        self._done: dict[str, str] = {}

    def read(self, name: str) -> str:
        if name not in self._done:
            self._done[name] = ""  # all that a field finds of itself while it is being expanded
            raw = self._raw[name] if name in self._raw else str(getattr(self._char, name))
            original = self.read(_ORIGINALS[name]) if name in _ORIGINALS else ""
            self._done[name] = print_text(raw, self.session, original)
        return self._done[name]
