"""Turns, generations and traces over HTTP."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fabula.core.ids import BranchId, ChatId, GenerationId, MessageId, VariantId
from fabula.features.generation.block_schemas import Blocks
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
    blocks: Blocks | None = None


class GenerateIn(In):
    mode: Literal[Mode.REPLY, Mode.CONTINUE, Mode.IMPERSONATE] = Mode.REPLY
    branch_id: BranchId | None = None


class RegenerateIn(In):
    branch_id: BranchId | None = None


class EditIn(In):
    """What is left out stays as it is; `blocks: null` shows the text again."""

    prompt_text: Text | None = Field(None, min_length=1)
    blocks: Blocks | None = None
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


class GivenMessageIn(BaseModel):
    """A message of a completion. Of a content in parts, only those of type text are understood."""

    model_config = ConfigDict(frozen=True)

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    name: Text | None = Field(None, max_length=500)


class StreamOptionsIn(BaseModel):
    model_config = ConfigDict(frozen=True)

    include_usage: bool | None = None


class CompletionIn(BaseModel):
    """A call of the OpenAI protocol. Fields that are not named here go to the provider as they are."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    model: Text = Field(
        min_length=1, max_length=500, description="A profile's id, or its name where it is the only one."
    )
    messages: list[GivenMessageIn] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptionsIn | None = None
    n: Literal[1] | None = None
    # What each may be is said in one place, for presets too: `connections.check_params`.
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    logit_bias: dict[str, float] | None = None
    response_format: dict[str, Any] | None = None


class CountedOut(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerOut(BaseModel):
    """`reasoning_content` is there only where the model thought aloud."""

    role: Literal["assistant"]
    content: str
    refusal: None
    reasoning_content: str = ""


class ChoiceOut(BaseModel):
    index: Literal[0]
    message: AnswerOut
    logprobs: None
    finish_reason: Literal["stop", "length", "content_filter"]


class CompletionOut(BaseModel):
    """An answer of the OpenAI protocol; the part of `id` after the dash is the generation's id."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChoiceOut]
    usage: CountedOut


class ModelOut(BaseModel):
    """A profile as the OpenAI protocol shows it."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    name: str


class ModelListOut(BaseModel):
    object: Literal["list"]
    data: list[ModelOut]


class FaultOut(BaseModel):
    message: str
    type: str
    param: str | None
    code: str | None


class ForeignErrorOut(BaseModel):
    """An error in the shape of the OpenAI protocol."""

    error: FaultOut
