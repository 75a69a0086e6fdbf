"""Macros: `{{char}}`, `{{random::a::b}}`, `{{setvar::x::1}}` and their like, in the text of cards, lore and messages."""

from fabula.features.prompting.macros.expand import expand, has_macros

__all__ = ["expand", "has_macros"]
