"""The template used where none is chosen. It is an ordinary template: copy it to start one's own."""

from fabula.features.prompting.types import MacroContext

DEFAULT_SYSTEM = """\
You are {{char}}, and you write {{char}}'s next reply in a tale told together with {{user}}.
Stay in character: speak, act and feel as {{char}} would, and know only what {{char}} can know.
Show rather than sum up: speech, actions, what the senses notice.
Never speak, act or decide for {{user}}; leave {{user}} room to answer.
Keep to what has happened so far, answer in the language and manner of the tale, and carry it one step further."""

# `original` is DEFAULT_SYSTEM with its macros expanded (see `expand_fields`).
BUILTIN_TEMPLATE = """\
{%- if char.system_prompt != blank %}{{- char.system_prompt | strip -}}{% else %}{{- original -}}{% endif -%}
{% if char.description != blank %}

# {{ char }}
{{ char.description | strip }}
{%- endif -%}
{% if char.personality != blank %}

# Personality of {{ char }}
{{ char.personality | strip }}
{%- endif -%}
{% if char.scenario != blank %}

# Scenario
{{ char.scenario | strip }}
{%- endif -%}
{% if user.description != blank %}

# {{ user }}
{{ user.description | strip }}
{%- endif -%}
"""


def render_builtin(ctx: MacroContext) -> str:
    """What `BUILTIN_TEMPLATE` renders to for finished fields (see `expand_fields`), without Liquid: it is on the way to
    the first token of most turns. A test holds the two against each other.
    """
    char, user = ctx.char, ctx.user
    system = char.system_prompt.strip() or ctx.original
    sections = (
        (char.display, char.description),
        (f"Personality of {char.display}", char.personality),
        ("Scenario", char.scenario),
        (user.name, user.description),
    )
    return system + "".join(f"\n\n# {title}\n{text.strip()}" for title, text in sections if text.strip())
