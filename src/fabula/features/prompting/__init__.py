"""Prompting: macros, templates, token counts and the prompt itself. Plain values in, plain values out; knows no chat.

`macros` is a module, used by its name: `macros.expand(…)`.
"""

from fabula.features.prompting import macros
from fabula.features.prompting.build import build
from fabula.features.prompting.builtin import DEFAULT_SYSTEM, render_builtin
from fabula.features.prompting.character import expand_fields, read_character
from fabula.features.prompting.examples import parse_examples
from fabula.features.prompting.preview import Preview
from fabula.features.prompting.scopes import Scopes
from fabula.features.prompting.store import CHOSEN
from fabula.features.prompting.template import TemplateContext, render
from fabula.features.prompting.tokenizers import Counters
from fabula.features.prompting.tokens import TokenCounter
from fabula.features.prompting.types import (
    HistoryMessage,
    Insert,
    LastMessages,
    MacroContext,
    Persona,
    Position,
    Prompt,
    PromptParts,
    VariableChange,
    Variables,
    VariableScope,
)

__all__ = [
    "CHOSEN",
    "DEFAULT_SYSTEM",
    "Counters",
    "HistoryMessage",
    "Insert",
    "LastMessages",
    "MacroContext",
    "Persona",
    "Position",
    "Preview",
    "Prompt",
    "PromptParts",
    "Scopes",
    "TemplateContext",
    "TokenCounter",
    "VariableChange",
    "VariableScope",
    "Variables",
    "build",
    "expand_fields",
    "macros",
    "parse_examples",
    "read_character",
    "render",
    "render_builtin",
]
