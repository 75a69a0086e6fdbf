"""Turns, generations and traces over HTTP."""

from typing import Any, Literal

from pydantic import Field

from fabula.core.ids import BranchId, ChatId, GenerationId, MessageId, VariantId
from fabula.features.generation.read import Trace
from fabula.features.generation.types import Generation, Mode, StepRecord
from fabula.http.schemas import In, Instant, Out, Text


class StartChatIn(In):
    """Without a title, the first message names the chat."""

    title: Text = Field("", max_length=500)


class MessageIn(In):
    role: Literal["user", "system"] = "user"
    prompt_text: Text = Field(min_length=1)
    branch_id: BranchId | None = None
    blocks: list[dict[str, Any]] | None = Field(None, max_length=100)


class GenerateIn(In):
    mode: Literal[Mode.REPLY, Mode.CONTINUE, Mode.IMPERSONATE] = Mode.REPLY
    branch_id: BranchId | None = None


class RegenerateIn(In):
    branch_id: BranchId | None = None


class EditIn(In):
    """What is left out stays as it is; `blocks: null` shows the text again."""

    prompt_text: Text | None = Field(None, min_length=1)
    blocks: list[dict[str, Any]] | None = Field(None, max_length=100)
    branch_id: BranchId | None = None
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class GenerationOut(Out):
    id: GenerationId
    chat_id: ChatId | None
    message_id: MessageId | None
    variant_id: VariantId | None
    status: str
    provider_id: str
    model: str
    started_at: Instant
    finished_at: Instant | None
    prompt_tokens: int | None
    completion_tokens: int | None
    finish_reason: str | None
    error: dict[str, Any] | None

    @classmethod
    def of(cls, generation: Generation) -> "GenerationOut":
        return cls.model_construct(
            id=generation.id,
            chat_id=generation.chat_id,
            message_id=generation.message_id,
            variant_id=generation.variant_id,
            status=generation.status.value,
            provider_id=generation.provider_id,
            model=generation.model,
            started_at=generation.started_at,
            finished_at=generation.finished_at,
            prompt_tokens=generation.prompt_tokens,
            completion_tokens=generation.completion_tokens,
            finish_reason=generation.finish_reason,
            error=generation.error,
        )


class StepOut(Out):
    name: str
    type: str
    status: str
    started_at: Instant
    duration_ms: float | None
    input: dict[str, Any] | None
    output: dict[str, Any] | None
    error: str | None

    @classmethod
    def of(cls, step: StepRecord) -> "StepOut":
        return cls.model_construct(
            name=step.name,
            type=step.type,
            status=step.status,
            started_at=step.started_at,
            duration_ms=step.duration_ms,
            input=step.input,
            output=step.output,
            error=step.error,
        )


class RunOut(Out):
    id: str
    trigger: str
    status: str
    error: str | None
    started_at: Instant
    finished_at: Instant | None


class TraceOut(Out):
    """Why an answer is what it is: the prompt piece by piece, what was trimmed, each step with its time."""

    generation: GenerationOut
    run: RunOut | None
    steps: list[StepOut]
    prompt: list[dict[str, Any]]
    trimmed: list[dict[str, Any]]
    lore: list[dict[str, Any]]
    retrieval: list[dict[str, Any]]

    @classmethod
    def of(cls, trace: Trace) -> "TraceOut":
        snapshot: dict[str, Any] = trace.snapshot or {}
        return cls.model_construct(
            generation=GenerationOut.of(trace.generation),
            run=None if trace.run is None else RunOut.model_validate(trace.run),
            steps=[StepOut.of(step) for step in trace.steps],
            prompt=snapshot.get("prompt", []),
            trimmed=snapshot.get("trimmed", []),
            lore=snapshot.get("lore", []),
            retrieval=snapshot.get("retrieval", []),
        )
