"""From a card's V3 data to the character of a prompt, with the macros of its fields expanded once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fabula.features.prompting.macros import expand, has_macros
from fabula.features.prompting.types import Character, Expanded, MacroContext, VariableChange, Variables
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
    """Expand the macros in persona and card, in that order; raises `ExpansionTooLarge`.

    `system` and `post_history` are our own instructions: the card's `system_prompt` and `post_history_instructions`
    may splice them in with `{{original}}`. The context returned has our system prompt as its `original`.
    """
    done: list[Expanded] = []

    def settle(text: str, original: str = "") -> str:
        nonlocal variables
        if not has_macros(text):
            return text
        result = expand(text, replace(ctx, original=original), variables)
        done.append(result)
        variables = variables.apply(result.changes) if result.changes else variables
        return result.text

    if (described := settle(ctx.user.description)) != ctx.user.description:
        ctx = replace(ctx, user=replace(ctx.user, description=described))
    # A field may print those before it: each is finished text by then.
    if (text := settle(ctx.char.scenario)) != ctx.char.scenario:
        ctx = replace(ctx, char=replace(ctx.char, scenario=text))
    if (text := settle(ctx.char.personality)) != ctx.char.personality:
        ctx = replace(ctx, char=replace(ctx.char, personality=text))
    if (text := settle(ctx.char.description)) != ctx.char.description:
        ctx = replace(ctx, char=replace(ctx.char, description=text))
    if (text := settle(ctx.char.mes_example)) != ctx.char.mes_example:
        ctx = replace(ctx, char=replace(ctx.char, mes_example=text))
    ours = settle(system)
    system_prompt = settle(ctx.char.system_prompt, ours)
    ctx = replace(ctx, char=replace(ctx.char, system_prompt=system_prompt))
    after = settle(ctx.char.post_history_instructions, settle(post_history))
    ctx = replace(ctx, char=replace(ctx.char, post_history_instructions=after), original=ours)
    return ExpandedFields(
        ctx,
        tuple(change for result in done for change in result.changes),
        tuple(dict.fromkeys(name for result in done for name in result.unknown)),
        tuple(key for result in done for key in result.hidden_keys),
    )
