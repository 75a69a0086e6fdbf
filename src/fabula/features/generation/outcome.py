"""How an end is told: the terminal frame of a stream, from memory and from the database alike."""

from fabula.core.errors import AppError
from fabula.features.generation.errors import GenerationInterrupted
from fabula.features.generation.types import Generation, GenerationStatus, Outcome, StoredText
from fabula.plugins import Json, ModelRejected

Terminal = tuple[bytes, dict[str, object]]


def interruption() -> dict[str, Json]:
    error = GenerationInterrupted()
    return {"code": error.code, "message": error.message}


def fault(problem: AppError) -> dict[str, Json]:
    """What went wrong, as it is stored; of a provider's refusal also its status and the seconds it asks to wait."""
    told: dict[str, Json] = {"code": problem.code, "message": problem.message, "kind": problem.kind.value}
    if isinstance(problem, ModelRejected):
        told |= {"upstreamStatus": problem.status, "retryAfter": problem.wait}
    return told


def broken_off() -> Terminal:
    """The end of an answer that nobody goes on with."""
    return b"llm.stream.error", dict(interruption())


def terminal(outcome: Outcome) -> Terminal:
    """The event and data that end a stream."""
    tokens = (outcome.prompt_tokens, outcome.completion_tokens)
    return _terminal(outcome.status, outcome.text, outcome.finish_reason, tokens, outcome.error)


def stored_terminal(generation: Generation, stored: StoredText) -> Terminal:
    """As `terminal`, for a generation read back."""
    tokens = (generation.prompt_tokens, generation.completion_tokens)
    return _terminal(generation.status, stored.text, generation.finish_reason, tokens, generation.error)


def _terminal(
    status: GenerationStatus,
    text: str,
    finish_reason: str | None,
    tokens: tuple[int | None, int | None],
    error: dict[str, Json] | None,
) -> Terminal:
    if status is GenerationStatus.DONE:
        usage = {"promptTokens": tokens[0], "completionTokens": tokens[1]}
        return b"llm.stream.done", {"finalText": text, "finishReason": finish_reason, "usage": usage}
    if status is GenerationStatus.ABORTED:
        return b"llm.stream.aborted", {"finalText": text}
    problem = error or interruption()
    return b"llm.stream.error", {"code": problem.get("code"), "message": problem.get("message")}
