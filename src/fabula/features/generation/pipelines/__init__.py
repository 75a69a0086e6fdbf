"""Pipelines: what they are made of, and the kinds of steps they may have. Knows no database, no chat and no HTTP."""

from fabula.features.generation.pipelines.builtin import built_in, own_plugin
from fabula.features.generation.pipelines.definition import read_definition, step_of
from fabula.features.generation.pipelines.kinds import StepKinds
from fabula.features.generation.pipelines.order import in_order
from fabula.features.generation.pipelines.types import Definition, Pipeline, PipelineId, Step

__all__ = [
    "Definition",
    "Pipeline",
    "PipelineId",
    "Step",
    "StepKinds",
    "built_in",
    "in_order",
    "own_plugin",
    "read_definition",
    "step_of",
]
