"""Generations and what a turn consists of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fabula.core.ids import (
    BranchId,
    ChatId,
    GenerationId,
    MessageId,
    PipelineRunId,
    VariantId,
    WorkspaceId,
)
from fabula.features.connections import Choice
from fabula.features.conversations import ChatKind
from fabula.plugins import Json


class GenerationStatus(StrEnum):
    STREAMING = "streaming"
    DONE = "done"
    ABORTED = "aborted"
    ERROR = "error"
    INTERRUPTED = "interrupted"


class Mode(StrEnum):
    """What a generation writes."""

    REPLY = "reply"  # a new answer at the end of a branch
    REGENERATE = "regenerate"  # another variant of an answer
    CONTINUE = "continue"  # a variant that starts with the answer's text
    IMPERSONATE = "impersonate"  # what the user might say; no message


class Trigger(StrEnum):
    """What set a pipeline going."""

    USER_MESSAGE = "user_message"
    REGENERATE = "regenerate"
    CONTINUE = "continue"
    MANUAL = "manual"
    SCHEDULED = "scheduled"
    API = "api"


@dataclass(frozen=True, slots=True)
class Generation:
    """One attempt to write a variant with a model."""

    id: GenerationId
    chat_id: ChatId | None
    branch_id: BranchId | None
    user_message_id: MessageId | None
    message_id: MessageId | None
    variant_id: VariantId | None
    pipeline_run_id: PipelineRunId | None
    mode: Mode
    status: GenerationStatus
    provider_id: str
    model: str
    started_at: datetime
    finished_at: datetime | None
    prompt_tokens: int | None
    completion_tokens: int | None
    finish_reason: str | None
    error: dict[str, Json] | None
    owner: str


@dataclass(frozen=True, slots=True)
class StoredText:
    """What the database holds of an answer's text.

    `changed`: it is not what was streamed, for a post step changed it, or its variant was deleted.
    """

    text: str
    reasoning: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Started:
    """A generation that has just been stored as `streaming`, with all that its task needs.

    `chat_kind` says which source writes the prompt, also where there is no chat: a call through the OpenAI protocol.
    """

    id: GenerationId
    workspace: WorkspaceId
    mode: Mode
    chat_kind: ChatKind
    chat_id: ChatId | None
    branch_id: BranchId | None
    user_message_id: MessageId | None
    message_id: MessageId | None
    variant_id: VariantId | None
    run_id: PipelineRunId
    upto: int
    prefix: str
    operation_id: str | None
    choice: Choice

    def meta(self) -> dict[str, object]:
        """The `llm.stream.meta` payload."""
        return {
            "generationId": self.id,
            "chatId": self.chat_id,
            "branchId": self.branch_id,
            "userMessageId": self.user_message_id,
            "assistantMessageId": self.message_id,
            "variantId": self.variant_id,
        }


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which model was asked for, as stored with the generation."""

    provider_id: str
    model: str
    params: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a generation ended."""

    status: GenerationStatus
    text: str
    reasoning: str
    text_changed: bool
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int
    error: dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One executed step of a pipeline run. `duration_ms` is wall time."""

    position: int
    name: str
    type: str
    status: str
    started_at: datetime
    duration_ms: float | None
    input: dict[str, Json] | None = None
    output: dict[str, Json] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a pipeline; `pipeline_id` None is the default one. `steps` in the order they ran."""

    id: PipelineRunId
    pipeline_id: str | None
    chat_id: ChatId | None
    generation_id: GenerationId | None
    trigger: Trigger
    status: str
    error: str | None
    started_at: datetime
    finished_at: datetime | None
    steps: tuple[StepRecord, ...] = ()
