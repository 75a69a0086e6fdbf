"""The OpenAI protocol: a profile as a model, answered by the same turn as a chat."""

from fabula.features.generation.protocol.completions import Completions
from fabula.features.generation.protocol.routes import ERROR_SHAPES, add_routes

__all__ = ["ERROR_SHAPES", "Completions", "add_routes"]
