"""Steps 3 to 5 of the turn: build the prompt, store it, stream the answer into the live generation."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from fabula.core.actor import Actor
from fabula.core.clock import utc_now
from fabula.core.errors import AppError
from fabula.db import Database, WriteTx
from fabula.features.connections import Connection, Connections
from fabula.features.generation import store, upstream
from fabula.features.generation.live.generations import LiveGeneration
from fabula.features.generation.outcome import fault, interruption
from fabula.features.generation.reasoning import ReasoningSplitter
from fabula.features.generation.running.performance import Performance
from fabula.features.generation.running.piped import open_performance, with_params
from fabula.features.generation.sources import NOTHING, Additions, BuiltPrompt, Explanation, Stage, TurnSources
from fabula.features.generation.turn.insist import insist
from fabula.features.generation.types import GenerationStatus, Outcome, Started, StepRecord
from fabula.plugins import ChatBatch, ChatRequest, Json, TokenUsage
from fabula.telemetry import metrics

log = structlog.get_logger()

# Where the provider does not count: about four characters a token, the figure of English prose.
_CHARS_PER_TOKEN = 4


@dataclass(slots=True)
class Piped:
    """What a turn with a pipeline of its own knows beside: when the model was asked, and whether it answered whole."""

    performance: Performance
    params: dict[str, Json] = field(default_factory=dict)
    asked_at: datetime | None = None
    asked: float = 0.0
    took: float | None = None
    final: str | None = None


@dataclass(slots=True)
class Writing:
    """One answer in the making: what it is made with, and what became known on the way.

    It is in the making before its beginning is committed; `begun` tells whether that was, and is set in any case.
    """

    db: Database
    connections: Connections
    sources: TurnSources
    actor: Actor
    started: Started
    live: LiveGeneration
    material: object
    begun: asyncio.Future[bool]
    model_name: str = ""
    finish_reason: str | None = None
    usage: TokenUsage | None = None
    prompt_tokens: int = 0
    steps: list[StepRecord] = field(default_factory=list)
    piped: Piped | None = None


async def write_answer(w: Writing) -> Outcome:
    """Write the answer into `w.live`; whatever happens, say how it ended. Cancelled means aborted, or a stop."""
    moment, began = utc_now(), time.perf_counter()
    error: dict[str, Json] | None = None
    try:
        await _write(w)
        status = GenerationStatus.DONE
    except asyncio.CancelledError:
        aborted = w.live.abort_requested
        status = GenerationStatus.ABORTED if aborted else GenerationStatus.INTERRUPTED
        error = None if aborted else interruption()
    except AppError as problem:
        status, error = GenerationStatus.ERROR, fault(problem)
    except Exception:  # edge: a task of its own; the client must hear of it
        log.exception("generation.failed", generation=w.started.id)
        status = GenerationStatus.ERROR
        error = {"code": "generation.failed", "message": "the answer failed here; the log says why"}
    w.live.settling = True
    outcome = _outcome(w, status, error)
    _record(w, outcome, moment, time.perf_counter() - began)
    return outcome


async def _write(w: Writing) -> None:
    began = time.perf_counter()
    async with w.connections.open(w.actor.workspace, w.started.choice) as (connection, w.model_name):
        await _ask(w, connection, began)


async def _ask(w: Writing, connection: Connection, began: float) -> None:
    source = w.sources.of(w.started.chat_kind)
    additions = NOTHING
    stage = source.stage(w.db, w.actor, w.started, connection, w.material)
    if stage is not None:
        if not await asyncio.shield(w.begun):
            return
        additions, connection = await _perform_before(w, connection, stage)
        stage, began = None, time.perf_counter()
    prompt = await source.prepare(w.db, w.actor, w.started, connection, w.material, additions)
    w.material = None
    if not await asyncio.shield(w.begun):
        return
    w.prompt_tokens = prompt.tokens
    # The model reads the prompt while the database stores it; the answer does not settle before both are done.
    saving = asyncio.create_task(_save(w, prompt, time.perf_counter() - began))
    request = ChatRequest(w.model_name, prompt.messages, connection.params)
    stream = upstream.batches(connection.model, request)
    del prompt, request, additions
    try:
        await _pump(w, stream, began)
    finally:
        await stream.aclose()
        await saving
    if w.piped is not None:
        w.piped.took = time.perf_counter() - w.piped.asked
        w.piped.final = await _perform_after(w.piped.performance, w.started.prefix, w.live.content)


async def _perform_before(w: Writing, connection: Connection, stage: Stage) -> tuple[Additions, Connection]:
    """The steps before the answer, and the connection asked as the pipeline says."""
    performance = await open_performance(
        w.db, w.connections, w.sources.kinds, w.actor, w.started, connection, w.model_name, stage
    )
    w.piped = Piped(performance)
    w.live.may_change = performance.has_after
    additions, params = await performance.before()
    connection = with_params(connection, params)
    w.piped.params, w.piped.asked_at, w.piped.asked = connection.params, utc_now(), time.perf_counter()
    return additions, connection


async def _perform_after(performance: Performance, prefix: str, text: str) -> str:
    """The text that the steps after the answer make of it. What a continuation began with, they have had before, or a
    person wrote it; and the space between the two is nobody's to trim.
    """
    start = len(prefix)
    while prefix and start < len(text) and text[start].isspace():
        start += 1
    return text[:start] + await performance.after(text[start:])


async def _save(w: Writing, prompt: BuiltPrompt, seconds: float) -> None:
    place, before = (w.piped.performance.prompt_place, w.piped.performance.take_records()) if w.piped else (0, [])
    moment, tokens, why, keep = utc_now(), prompt.tokens, prompt.explain(), prompt.keep
    del prompt
    steps = [*before, StepRecord(place, "prompt", "pre", "done", moment, seconds * 1000, output=why.summary)]
    await insist("prompt", w.started.id, lambda: w.db.write(w.actor, _save_prompt, w.started, tokens, why, steps, keep))


async def _pump(w: Writing, stream: AsyncGenerator[ChatBatch], began: float) -> None:
    live, splitter, is_first = w.live, ReasoningSplitter(), True
    async for batch in stream:
        if is_first:
            metrics.first_delta_seconds.observe(time.perf_counter() - began)
            is_first = False
        if batch.finish_reason is not None:
            w.finish_reason = batch.finish_reason
        if batch.usage is not None:
            w.usage = batch.usage
        reasoning, content = batch.reasoning, batch.content
        if content and not splitter.passes:
            thought, content = splitter.feed(content)
            reasoning += thought
        if reasoning or content:
            metrics.deltas.inc(batch.deltas)
            # U+0000 is no text; PostgreSQL refuses it.
            live.append(reasoning.replace("\x00", ""), content.replace("\x00", ""))
    reasoning, content = splitter.end()
    if reasoning or content:
        live.append(reasoning, content)


def _save_prompt(
    tx: WriteTx,
    actor: Actor,
    started: Started,
    tokens: int,
    why: Explanation,
    steps: Sequence[StepRecord],
    keep: Callable[[WriteTx, Actor], None] | None,
) -> None:
    if keep is not None:
        keep(tx, actor)
    store.generations.save_prompt(tx, actor.workspace, started.id, why.snapshot, why.digest, tokens)
    store.runs.insert_steps(tx, actor.workspace, started.run_id, steps)


def _outcome(w: Writing, status: GenerationStatus, error: dict[str, Json] | None) -> Outcome:
    text, reasoning = w.live.content, w.live.reasoning
    final = text if w.piped is None or w.piped.final is None else w.piped.final
    written = len(text) - len(w.started.prefix) + len(reasoning)
    estimate = (written + _CHARS_PER_TOKEN - 1) // _CHARS_PER_TOKEN
    return Outcome(
        status=status,
        text=final,
        reasoning=reasoning,
        text_changed=final != text,
        finish_reason=w.finish_reason,
        prompt_tokens=w.usage.prompt_tokens if w.usage else w.prompt_tokens,
        completion_tokens=w.usage.completion_tokens if w.usage else estimate,
        error=error,
    )


def _record(w: Writing, outcome: Outcome, began: datetime, seconds: float) -> None:
    """The model step, and the post step of the default pipeline, which changes no character of the answer."""
    if w.piped is not None:
        w.steps += [*w.piped.performance.take_records(), _answer_of(w.piped, w.model_name, outcome)]
        return
    failed = outcome.error is not None
    message = str(outcome.error["message"]) if outcome.error else None
    output: dict[str, Json] = {"finishReason": outcome.finish_reason, "completionTokens": outcome.completion_tokens}
    status = "error" if failed else "done"
    asked: dict[str, Json] = {"model": w.model_name, "params": w.started.choice.params}
    w.steps.append(StepRecord(1, "answer", "llm", status, began, seconds * 1000, asked, output, message))
    post: dict[str, Json] = {"reasoningBlock": bool(outcome.reasoning)}
    w.steps.append(StepRecord(2, "finish", "post", "skipped" if failed else "done", utc_now(), 0.0, None, post))


def _answer_of(piped: Piped, model: str, outcome: Outcome) -> StepRecord:
    """The model step of a pipeline of one's own."""
    name, place = piped.performance.answer_name, piped.performance.prompt_place + 1
    if piped.asked_at is None:
        return StepRecord(place, name, "llm", "skipped", utc_now(), 0.0, None, {"reason": "the run ended before"})
    failed = piped.took is None
    took = time.perf_counter() - piped.asked if piped.took is None else piped.took
    message = str(outcome.error["message"]) if failed and outcome.error else None
    output: dict[str, Json] = {"finishReason": outcome.finish_reason, "completionTokens": outcome.completion_tokens}
    asked: dict[str, Json] = {"model": model, "params": piped.params}
    status = "error" if message else "done"
    return StepRecord(place, name, "llm", status, piped.asked_at, took * 1000, asked, output, message)
