"""The template used where none is chosen. It is an ordinary template: copy it to start one's own."""

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
