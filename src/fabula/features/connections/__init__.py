"""Which model answers: provider connections. In this first cut there is one, from the settings."""

from fabula.features.connections.choose import Connection, Connections

__all__ = ["Connection", "Connections"]
