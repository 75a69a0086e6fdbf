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
from fabula.plugins.errors import (
    ModelCut,
    ModelError,
    ModelGarbage,
    ModelRejected,
    ModelTimeout,
    ModelUnreachable,
    PluginUnusable,
)
from fabula.plugins.registry import FoundPlugin, find_plugins
from fabula.plugins.shape import Plugin

__all__ = [
    "ChatBatch",
    "ChatMessage",
    "ChatModel",
    "ChatRequest",
    "FoundMessage",
    "FoundPlugin",
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
    "Plugin",
    "PluginUnusable",
    "PromptPiece",
    "StepContext",
    "StepKind",
    "StepResult",
    "StepType",
    "TokenUsage",
    "find_plugins",
]
