"""All SQL of lore."""

from fabula.features.lore.store import bindings, books

__all__ = ["bindings", "books"]
