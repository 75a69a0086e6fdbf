"""All SQL of generations and pipeline runs."""

from fabula.features.generation.store import generations, ownership, runs, setting

__all__ = ["generations", "ownership", "runs", "setting"]
