"""SQL of entity profiles."""

from fabula.features.profiles.store import found, lists, rows

__all__ = ["found", "lists", "rows"]
