"""Prompt templates: Liquid over a known context, with macros in it. Only template text is ever parsed as Liquid.

Rendering is synchronous work that may take up to a second on hostile input: run it in a thread.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

from fabula.features.prompting.card_texts import CardTexts
from fabula.features.prompting.errors import TemplateFailed, TemplateInvalid, TemplateProblem
from fabula.features.prompting.fuel import Fuelled, Sink
from fabula.features.prompting.macros.session import Session
from fabula.features.prompting.macros.table import TABLE
from fabula.features.prompting.sandbox import Sandbox
from fabula.features.prompting.types import Character, MacroContext, VariableChange, Variables
from fabula.plugins.contracts import Json

MAX_SOURCE = 64 * 1024
# A parsed template takes up to two hundred times its source, so the cache counts source characters.
_CACHE_CHARACTERS = 256 * 1024
# Faults that a template can provoke inside the library, beside the library's own errors.
_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class TemplateContext:
    """What a template sees: `char` and `user` come from `macros`, and so does `now`."""

    macros: MacroContext
    variables: Variables = field(default_factory=Variables)
    chat: Mapping[str, Json] = field(default_factory=dict)
    messages: Sequence[Mapping[str, str]] = ()
    rag: Json = None
    lore: Json = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template's text, the macros and names it did not know, and the variables it wrote."""

    text: str
    unknown: tuple[str, ...] = ()
    changes: tuple[VariableChange, ...] = ()


def validate(text: str) -> tuple[TemplateProblem, ...]:
    """What keeps `text` from being a template; empty when nothing does."""
    try:
        _compiled(text)
    except TemplateInvalid as invalid:
        return invalid.problems
    return ()


def render(template: str, context: TemplateContext, prelude: str = "") -> Rendered:
    """Render `template`; raises `TemplateInvalid`, `TemplateFailed` or `ExpansionTooLarge`.

    An unknown name or macro stays as text and is named in `unknown`; an absent field of a known name prints nothing.
    `prelude` is Liquid on one line that comes first; the places of errors are counted without it.
    """
    try:
        return _render(prelude + template, context)
    except TemplateInvalid as error:
        raise type(error)(tuple(_behind(prelude, problem) for problem in error.problems)) from error


def _behind(prelude: str, problem: TemplateProblem) -> TemplateProblem:
    return replace(problem, column=max(1, problem.column - len(prelude))) if problem.line == 1 else problem


def _render(template: str, context: TemplateContext) -> Rendered:
    bound = _compiled(template)
    session = Session(context.macros, context.variables, template)
    fuelled = Fuelled(bound, _Scope(context, session), session)
    sink = Sink(fuelled)
    try:
        bound.render_with_context(fuelled, sink)
    except LiquidError as error:
        raise TemplateFailed((_locate(template, error),)) from error
    except _FAULTS as error:
        problem = TemplateProblem(1, 1, f"this template cannot be rendered: {type(error).__name__}")
        raise TemplateFailed((problem,)) from error
    return Rendered(sink.getvalue(), session.unknown, session.changes)


class _Named(dict[str, object]):
    """A mapping that prints as a name: `{{ char }}` beside `{{ char.description }}`."""

    def __init__(self, name: str, fields: Mapping[str, object]) -> None:
        super().__init__(fields)
        self._name = name

    def __str__(self) -> str:
        return self._name


class _Scope(Mapping[str, object]):
    """The names a template starts with; macros without arguments are names too (`{% if scenario != "" %}`)."""

    def __init__(self, context: TemplateContext, session: Session) -> None:
        macros = context.macros
        self._session = session
        self._names: dict[str, object] = {
            "char": CardTexts(macros.char.spec, session, macros.char.display, _finished(macros.char)),
            "user": _Named(macros.user.name, {"name": macros.user.name, "description": macros.user.description}),
            "chat": context.chat,
            "messages": context.messages,
            "rag": context.rag,
            "lore": context.lore,
            "now": macros.now,
            "today": macros.now.date(),
        }

    def __getitem__(self, name: str) -> object:
        if name in self._names:
            return self._names[name]
        macro = TABLE[name.lower()]
        if not macro.takes(0):
            raise KeyError(name)
        return macro.run(self._session, ()) or ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _finished(char: Character) -> dict[str, object]:
    """The fields whose macros have been expanded already, or that are names and have none."""
    return {
        "name": char.name,
        "nickname": char.nickname,
        "description": char.description,
        "personality": char.personality,
        "scenario": char.scenario,
        "mes_example": char.mes_example,
        "system_prompt": char.system_prompt,
        "post_history_instructions": char.post_history_instructions,
    }


class _Cache:
    """Compiled templates, least recently used out first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._templates: OrderedDict[str, BoundTemplate] = OrderedDict()
        self._characters = 0

    def get(self, text: str) -> BoundTemplate | None:
        with self._lock:
            found = self._templates.get(text)
            if found is not None:
                self._templates.move_to_end(text)
            return found

    def put(self, text: str, template: BoundTemplate) -> None:
        with self._lock:
            if text not in self._templates:
                self._characters += len(text)
            self._templates[text] = template
            while self._characters > _CACHE_CHARACTERS:
                oldest, _ = self._templates.popitem(last=False)
                self._characters -= len(oldest)


_SANDBOX = Sandbox()
_CACHE = _Cache()


def _compiled(text: str) -> BoundTemplate:
    found = _CACHE.get(text)
    if found is not None:
        return found
    if len(text) > MAX_SOURCE:
        raise TemplateInvalid((TemplateProblem(1, 1, f"a template has at most {MAX_SOURCE} characters"),))
    try:
        template = _SANDBOX.compile(text)
    except LiquidError as error:
        raise TemplateInvalid((_locate(text, error),)) from error
    _CACHE.put(text, template)
    return template


def _locate(text: str, error: LiquidError) -> TemplateProblem:
    """Line and column of an error; one that the library gives no place to lies at the end of the text."""
    at = error.token.start_index if error.token is not None and error.token.start_index >= 0 else len(text)
    at = min(at, len(text))
    line_start = text.rfind("\n", 0, at) + 1
    return TemplateProblem(text.count("\n", 0, at) + 1, at - line_start + 1, str(error.message))
