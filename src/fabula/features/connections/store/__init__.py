"""SQL of connections and presets."""

from fabula.features.connections.store import choice, connections, presets

__all__ = ["choice", "connections", "presets"]
