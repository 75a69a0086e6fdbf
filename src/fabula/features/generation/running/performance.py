"""A pipeline at work: its steps one after another, what each made, and the record of it.

A step that fails is recorded and passed over, unless it is required: then the turn ends there.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from fabula.core.clock import utc_now
from fabula.core.errors import AppError
from fabula.features.generation.pipelines import Step, StepKinds, in_order, step_of
from fabula.features.generation.pipelines.errors import StepBroken, StepFailed, StepMisused, StepTimeout
from fabula.features.generation.pipelines.types import PHASES
from fabula.features.generation.running.host import Asker, RunState, StepHost
from fabula.features.generation.sources import Additions
from fabula.features.generation.types import StepRecord
from fabula.plugins import FoundMessage, Json, PromptPiece, StepResult, StepType

log = structlog.get_logger()

_LLM = PHASES[StepType.LLM]
# What a step may print or keep: more is a fault of the step, and would fill the trace.
MAX_TEXT = 1_000_000


@dataclass(slots=True)
class _Timed:
    """A step under way."""

    step: Step
    place: int
    started_at: datetime
    began: float

    def record(self, status: str, output: Mapping[str, Json], error: str | None = None) -> StepRecord:
        step, took = self.step, (time.perf_counter() - self.began) * 1000
        given: dict[str, Json] = {"use": step.use, "params": dict(step.params), "when": step.when}
        return StepRecord(
            self.place, step.name, step.type.value, status, self.started_at, took, given, dict(output) or None, error
        )


class Performance:
    """One run of one pipeline, in one task: `before`, then the answer streams, then `after`."""

    def __init__(self, definition: str, kinds: StepKinds, state: RunState, ask: Asker) -> None:
        steps = in_order([step_of(step) for step in json.loads(definition)["steps"]])
        self._before = [step for step in steps if step.phase < _LLM]
        self._answer = next(step for step in steps if step.phase == _LLM)
        self._after = [step for step in steps if step.phase > _LLM]
        self._kinds = kinds
        self._state = state
        self._ask = ask
        self._records: list[StepRecord] = []
        self._pieces: list[tuple[str, PromptPiece]] = []
        self._passages: list[tuple[str, str]] = []
        self._found: list[tuple[str, FoundMessage]] = []
        self._memories: dict[str, Json] = {}

    @property
    def prompt_place(self) -> int:
        """Where the building of the prompt stands among the steps; the answer stands next to it."""
        return len(self._before)

    @property
    def answer_name(self) -> str:
        return self._answer.name

    @property
    def has_after(self) -> bool:
        """Tell whether a step may change the answer."""
        return any(step.enabled for step in self._after)

    async def before(self) -> tuple[Additions, Mapping[str, Json]]:
        """Perform what comes before the answer: what it gives the prompt, and the answer's sampler fields.

        Raises `StepFailed`. Lets go of the history.
        """
        for place, step in enumerate(self._before):
            await self._perform(step, place)
        stage = self._state.stage
        if stage is not None and self._memories:
            await stage.remember(self._memories)
        host = StepHost(self._state, self._answer.name, self._ask)
        result = await self._run(self._answer, host)
        self._state.let_go()
        additions = Additions(
            dict(self._state.variables), tuple(self._pieces), tuple(self._passages), tuple(self._found)
        )
        return additions, result.params

    async def after(self, answer: str) -> str:
        """Perform what comes after the answer; the text it becomes. Raises `StepFailed`."""
        self._state.answer = answer
        self._state.steps[self._answer.name] = {"status": "done", "text": answer, "output": {}}
        for place, step in enumerate(self._after, self.prompt_place + 2):
            await self._perform(step, place)
        return self._state.answer

    def take_records(self) -> list[StepRecord]:
        """The steps since this was asked last."""
        found, self._records = self._records, []
        return found

    async def _perform(self, step: Step, place: int) -> None:
        timed = _Timed(step, place, utc_now(), time.perf_counter())
        host = StepHost(self._state, step.name, self._ask)
        try:
            reason = await self._why_skipped(step, host)
            if reason is not None:
                self._note(timed.record("skipped", {"reason": reason}), "")
                return
            result = await self._run(step, host)
            self._take(step, result)
        except AppError as error:
            self._note(timed.record("error", {"code": error.code}, error.message), "")
            if step.required:
                raise StepFailed(step.name, error.code, error.message) from error
            log.info("pipeline.step_failed", step=step.name, code=error.code)
        except asyncio.CancelledError:
            self._note(timed.record("error", {}, "stopped"), "")
            raise
        else:
            text, output = result.text or "", dict(result.output)
            if step.type is not StepType.POST and text:
                output["text"] = text
            self._note(timed.record("done", output), text)

    async def _why_skipped(self, step: Step, host: StepHost) -> str | None:
        if not step.enabled:
            return "disabled"
        for name in step.depends_on:
            past = self._state.steps.get(name)
            if not isinstance(past, dict) or past["status"] != "done":
                return f"dependency:{name}"
        if step.when is not None and not await host.holds(step.when):
            return "condition"
        return None

    async def _run(self, step: Step, host: StepHost) -> StepResult:
        """Let the step's kind work, within its time; whatever it raises comes out as an `AppError`."""
        kind = self._kinds.find(step.type, step.use)
        if kind is None:
            raise StepMisused(f"there is no {step.type.value} step {step.use!r} on this server any more")
        try:
            async with asyncio.timeout(kind.seconds):
                return await kind.run(host, step.params)
        except TimeoutError:
            raise StepTimeout(kind.seconds) from None
        except AppError:
            raise
        except Exception as error:  # edge: a plugin's code; one bad step must not take the turn's task with it
            log.exception("pipeline.step_broken", step=step.name, use=step.use)
            raise StepBroken from error

    def _take(self, step: Step, result: StepResult) -> None:
        """Of what a step made, that which its type is for."""
        _check_sizes(result)
        if step.phase < _LLM:
            self._state.variables |= result.variables
            self._pieces += [(step.name, piece) for piece in result.pieces]
            self._passages += [(step.name, result.passage)] if result.passage else []
            self._found += [(step.name, found) for found in result.found]
            if result.memory is not None:
                self._memories[step.name] = result.memory
        elif step.type is StepType.POST and result.text is not None:
            self._state.answer = result.text

    def _note(self, record: StepRecord, text: str) -> None:
        self._records.append(record)
        self._state.steps[record.name] = {"status": record.status, "text": text, "output": record.output or {}}


def _check_sizes(result: StepResult) -> None:
    made = sum(map(len, (result.text or "", result.passage or "", *result.variables.values())))
    if made + sum(len(piece.text) for piece in result.pieces) > MAX_TEXT:
        raise StepMisused(f"a step may make {MAX_TEXT:,} characters at most")
