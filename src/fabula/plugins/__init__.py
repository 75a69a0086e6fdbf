"""Contracts a plugin implements, and the registry that finds them. Built-in providers use the same ones."""

from fabula.plugins.contracts import (
    ChatBatch,
    ChatMessage,
    ChatModel,
    ChatRequest,
    FoundMessage,
    Json,
    LeftMessage,
    ModelInfo,
    ParamProblem,
    PromptPiece,
    StepContext,
    StepKind,
    StepResult,
    StepType,
    TokenUsage,
)
from fabula.plugins.errors import ModelCut, ModelError, ModelGarbage, ModelRejected, ModelTimeout, ModelUnreachable

__all__ = [
    "ChatBatch",
    "ChatMessage",
    "ChatModel",
    "ChatRequest",
    "FoundMessage",
    "Json",
    "LeftMessage",
    "ModelCut",
    "ModelError",
    "ModelGarbage",
    "ModelInfo",
    "ModelRejected",
    "ModelTimeout",
    "ModelUnreachable",
    "ParamProblem",
    "PromptPiece",
    "StepContext",
    "StepKind",
    "StepResult",
    "StepType",
    "TokenUsage",
]
