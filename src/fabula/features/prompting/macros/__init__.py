"""Macros: `{{char}}`, `{{random::a::b}}`, `{{setvar::x::1}}` and their like, in the text of cards, lore and messages."""

from fabula.features.prompting.macros.expand import expand, has_macros
from fabula.features.prompting.types import Expanded

__all__ = ["Expanded", "expand", "has_macros"]
