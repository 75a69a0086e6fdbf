"""Liquid over a run: the sandbox of prompt templates, with the names of a run beside those of a template.

A prompt template knows a closed set of names. The values of a run go in under `chat.run`, and a prelude on the first
line gives each a name of its own, so no second sandbox is needed; line and column are counted without it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from fabula.core.errors import AppError
from fabula.features import prompting
from fabula.features.prompting import MacroContext, Persona, TemplateContext
from fabula.plugins import Json, ParamProblem

MAX_WHEN = 2_000
MAX_TEXT = 32_000
NAMES: Final = ("mode", "trigger", "message", "vars", "steps", "answer")
_REFUSED = "prompting.template_invalid"
_NOBODY = TemplateContext(
    MacroContext(prompting.read_character({}), Persona(), datetime(2000, 1, 1, tzinfo=UTC), "check")
)


def check_text(liquid: str, path: str) -> list[ParamProblem]:
    """What keeps a text from being Liquid."""
    return _check(liquid, path, _prelude(()))


def check_when(expression: str, path: str) -> list[ParamProblem]:
    """What keeps a text from being one Liquid expression."""
    if "%}" in expression or "{%" in expression:
        return [ParamProblem(path, "is one expression, without tags; as in: mode == 'reply'", 1, 1)]
    opening, closing = _condition(())
    return _check(expression, path, opening, closing)


def render(liquid: str, context: TemplateContext, values: Mapping[str, Json]) -> str:
    """Render a text over a run; raises what `prompting.render` does. Slow work: call it from a thread."""
    return prompting.render(liquid, _with(context, values), _prelude(values)).text


def holds(expression: str, context: TemplateContext, values: Mapping[str, Json]) -> bool:
    """Whether a condition is true for a run; as `render`."""
    opening, closing = _condition(values)
    return prompting.render(expression + closing, _with(context, values), opening).text == "1"


def _prelude(values: Mapping[str, Json] | tuple[()]) -> str:
    names = dict.fromkeys((*NAMES, *values))
    return "".join(f"{{% assign {name} = chat.run.{name} %}}" for name in names)


def _condition(values: Mapping[str, Json] | tuple[()]) -> tuple[str, str]:
    return _prelude(values) + "{% if ", " %}1{% endif %}"


def _with(context: TemplateContext, values: Mapping[str, Json]) -> TemplateContext:
    return replace(context, chat={**context.chat, "run": dict(values)})


def _check(text: str, path: str, before: str, after: str = "") -> list[ParamProblem]:
    try:
        prompting.render(text + after, _NOBODY, before)
    except AppError as error:
        if error.code != _REFUSED:  # it parses; that it cannot be rendered for nobody says nothing
            return []
        problems = (error.details or {}).get("problems")
        return [_placed(p, path, text) for p in problems] if isinstance(problems, list) else []
    return []


def _placed(problem: Mapping[str, object], path: str, text: str) -> ParamProblem:
    """The problem, within `text`: what is missing at its end is met behind it."""
    lines = text.split("\n")
    line, column = min(int(str(problem["line"])), len(lines)), int(str(problem["column"]))
    return ParamProblem(path, str(problem["message"]), line, min(max(column, 1), len(lines[line - 1]) + 1))
