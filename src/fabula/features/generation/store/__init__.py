"""All SQL of generations, pipelines and their runs."""

from fabula.features.generation.store import generations, ownership, pipelines, runs, setting

__all__ = ["generations", "ownership", "pipelines", "runs", "setting"]
