"""All SQL of generations and pipeline runs."""

from fabula.features.generation.store import generations, runs

__all__ = ["generations", "runs"]
