"""From material to prompt: fields, lore, template, history, in the order they may see each other. Pure, but slow with
large books or templates people wrote: then call it from a thread.

Each text is expanded once and sees the variables that those before it set: persona and card, lore, the card's depth
prompt and the author's note, the template.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from fabula.features import lore, prompting
from fabula.features.generation.sources import NOTHING, Additions
from fabula.features.generation.tale import lore as tale_lore
from fabula.features.generation.tale import steps as tale_steps
from fabula.features.generation.tale.effective import AuthorNote
from fabula.features.generation.tale.material import Material
from fabula.features.generation.tale.memory import to_meta
from fabula.features.generation.tale.scribe import Scribe, depth_prompt_of, read_fields
from fabula.features.generation.types import Mode
from fabula.features.lore import Expansion, Lorebook, LoreResult, Position
from fabula.features.prompting import (
    HistoryMessage,
    Insert,
    MacroContext,
    Prompt,
    PromptParts,
    TemplateContext,
    TokenCounter,
    VariableChange,
)
from fabula.features.prompting import Position as Place
from fabula.plugins import Json

CONTINUE = "[Continue your last message from exactly where it stops. Do not repeat any of it.]"
IMPERSONATE = "[Now write {{user}}'s next message, in {{user}}'s voice. Write only what {{user}} says and does.]"
_ASKS = {Mode.CONTINUE: CONTINUE, Mode.IMPERSONATE: IMPERSONATE}
# Beside the card, not in the history: after all lore there, with the lore at the note around it.
_NOTE_ORDER = 10**6
_NOTE_PRIORITY = 10**13
_AROUND_NOTE = {Place.NOTE_TOP: -1, Place.NOTE_BOTTOM: 1}


@dataclass(frozen=True, slots=True)
class Turn:
    """What a prompt is for: `prefix` is the text that is to be continued. Sizes in tokens."""

    mode: Mode
    message: str | None
    prefix: str
    context_tokens: int
    answer_tokens: int
    answers: int | None = None
    greeting: int | None = None
    additions: Additions = NOTHING


@dataclass(frozen=True, slots=True)
class Composed:
    """A prompt and why it is what it is. `effects` is for the meta of the variant that it will write."""

    prompt: Prompt
    system: str
    result: LoreResult
    lore: list[dict[str, Json]]
    trimmed: list[dict[str, Json]]
    effects: dict[str, Json] | None
    changes: tuple[VariableChange, ...]
    unknown: tuple[str, ...]


def compose(material: Material, books: Sequence[Lorebook], turn: Turn, counter: TokenCounter) -> Composed:
    """Build the prompt of a turn. Raises `TemplateFailed` or `ExpansionTooLarge`."""
    material = tale_steps.with_variables(material, turn.additions)
    told = material.told
    scribe = read_fields(told.macros, told.memory.variables, prompting.DEFAULT_SYSTEM)
    result = LoreResult()
    if books:
        found = _activate(material, books, turn, counter, scribe)
        result, outlets = found.result, tale_lore.outlets_of(found.result)
        silent = "system_prompt" in result.disabled_prompts
        if outlets or silent:
            # The card may print what has only now fired: its fields once more, from where they started.
            macros = replace(told.macros, outlets=outlets)
            scribe = read_fields(macros, told.memory.variables, "" if silent else prompting.DEFAULT_SYSTEM)
        scribe.take(found.changes, found.unknown)
        scribe.macros = _with_sections(scribe.macros, result)
    return _write(material, books, turn, counter, scribe, result)


@dataclass(frozen=True, slots=True)
class _Activated:
    result: LoreResult
    changes: Sequence[VariableChange]
    unknown: Sequence[str]


def _activate(
    material: Material, books: Sequence[Lorebook], turn: Turn, counter: TokenCounter, scribe: Scribe
) -> _Activated:
    """Scan the history. Only the variables that fired entries set are kept, and seen by the entries after them."""
    own = Scribe(scribe.macros, scribe.variables)

    def expand(text: str) -> Expansion:
        found = prompting.macros.expand(text, own.macros, own.variables)
        own.take((), found.unknown)
        return Expansion(found.text, found.hidden_keys, partial(own.take, found.changes, ()))

    note = material.told.note
    always = {
        "author_note": "" if note is None else note.text,
        "hidden_keys": "\n".join(scribe.hidden_keys),
        "depth_prompt": depth_prompt_of(scribe.macros)[0],
    }
    seen = sum(line.role.value == "assistant" for line in material.history)
    answers = seen if turn.answers is None else turn.answers
    scan = tale_lore.scan_input(
        material.history,
        turn.prefix,
        material.length,
        material.older,
        answers,
        turn.mode,
        scribe.macros,
        always,
        turn.greeting,
    )
    result = lore.activate(
        books,
        scan,
        material.told.memory.timed,
        context_tokens=turn.context_tokens,
        count=counter.count,
        expand=expand,
    )
    return _Activated(result, own.changes, own.unknown)


def _with_sections(macros: MacroContext, result: LoreResult) -> MacroContext:
    """The card's sections with the lore that follows them; finished text, never expanded again."""
    char = macros.char
    char = replace(
        char,
        description=tale_lore.text_at(result, Position.AFTER_DESCRIPTION, char.description),
        personality=tale_lore.text_at(result, Position.PERSONALITY, char.personality),
        scenario=tale_lore.text_at(result, Position.SCENARIO, char.scenario),
    )
    return replace(macros, char=char)


def _write(
    material: Material,
    books: Sequence[Lorebook],
    turn: Turn,
    counter: TokenCounter,
    scribe: Scribe,
    result: LoreResult,
) -> Composed:
    told, macros = material.told, scribe.macros
    text, depth, role = depth_prompt_of(macros)
    depth_prompts = [Insert("depth_prompt", role, scribe.write(text), depth=depth)] if text else []
    note, inserts = _place_note(told.note, tale_lore.inserts_of(result), scribe)
    system = _render(material, turn, scribe, result)
    ask = scribe.write(_ASKS.get(turn.mode, ""))
    parts = PromptParts(
        system=system,
        history=_history(material, turn),
        lore=[*inserts, *tale_steps.inserts_of(turn.additions)],
        examples=prompting.parse_examples(macros.char.mes_example, macros.char, macros.user),
        note=note,
        depth_prompts=[*material.pinned, *depth_prompts],
        post_history="\n\n".join(part for part in (macros.char.post_history_instructions, ask) if part),
    )
    prompt = prompting.build(
        parts, context_tokens=turn.context_tokens, reserved_tokens=turn.answer_tokens, counter=counter
    )
    trimmed: list[dict[str, Json]] = [
        {"origin": t.origin, "tokens": t.tokens, "reason": t.reason.value} for t in prompt.trimmed
    ]
    for skipped in tale_lore.trimmed_by_budget(result):
        tokens = counter.count(skipped.entry.content)
        trimmed.append({"origin": tale_lore.origin_of(skipped.key), "tokens": tokens, "reason": "lore_budget"})
    cut = frozenset(t.origin for t in prompt.trimmed)
    return Composed(
        prompt,
        system,
        result,
        tale_lore.explain(result, books, cut),
        trimmed,
        to_meta(result.changes, scribe.changes),
        tuple(scribe.changes),
        scribe.unknown,
    )


def _render(material: Material, turn: Turn, scribe: Scribe, result: LoreResult) -> str:
    """The system prompt: by the template that was chosen, else by the built-in one, which needs no history."""
    told = material.told
    if told.template is None:
        return prompting.render_builtin(scribe.macros)
    chat: dict[str, Json] = {}
    if told.chat is not None:
        chat = {"id": told.chat.id, "title": told.chat.title, "kind": told.chat.kind.value}
    context = TemplateContext(
        scribe.macros,
        scribe.variables,
        chat,
        [{"role": message.role, "content": message.text} for message in _history(material, turn)],
        [{"text": text} for _, text in turn.additions.passages] or None,
        [{"text": f.text, "position": f.placement.position.value, "name": f.entry.name} for f in result.fired],
    )
    found = prompting.render(told.template.text, context)
    scribe.take(found.changes, found.unknown)
    return found.text


def _history(material: Material, turn: Turn) -> list[HistoryMessage]:
    history = [HistoryMessage(line.message_id, line.role, line.text) for line in material.history]
    if turn.prefix and turn.message is not None:
        history.append(HistoryMessage(turn.message, "assistant", turn.prefix))
    return history


def _place_note(note: AuthorNote | None, inserts: list[Insert], scribe: Scribe) -> tuple[Insert | None, list[Insert]]:
    """The author's note as an insert. Beside the card it stands among the lore there, with its own lore around it."""
    if note is None:
        return None, inserts
    made = Insert("author_note", note.role, scribe.write(note.text), note.position, note.depth)
    if note.position is Place.AT_DEPTH:
        return made, inserts
    placed = [
        replace(i, position=note.position, order=_NOTE_ORDER + _AROUND_NOTE[i.position])
        if i.position in _AROUND_NOTE
        else i
        for i in inserts
    ]
    return None, [*placed, replace(made, order=_NOTE_ORDER, priority=_NOTE_PRIORITY)]
