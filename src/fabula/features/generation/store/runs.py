"""SQL of pipeline runs and their steps."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import ChatId, PipelineRunId, WorkspaceId, uuid7
from fabula.core.paging import Page, decode_id, page_of
from fabula.db import ReadTx, WriteTx
from fabula.db.hot import hot
from fabula.features.generation.pipelines import PipelineId
from fabula.features.generation.tables import llm_generations as g
from fabula.features.generation.tables import pipeline_runs as r
from fabula.features.generation.tables import pipeline_step_runs as s
from fabula.features.generation.types import Run, Started, StepRecord, Trigger

_P = sa.bindparam
_INSERT_RUN = sa.insert(r)
_INSERT_STEPS = sa.insert(s)
_FINISH = (
    sa.update(r)
    .where((r.c.id == _P("run")) & (r.c.workspace_id == _P("ws")))
    .values(status=_P("new_status"), error=_P("problem"), finished_at=_P("now"), updated_at=_P("now"))
)
# Across workspaces: one reaper marks for everybody.
_INTERRUPT = (
    sa.update(r)
    .where(r.c.id.in_(_P("runs", expanding=True)))
    .values(status="interrupted", finished_at=_P("now"), updated_at=_P("now"))
)
_STEP = (
    s.c.position,
    s.c.step_name,
    s.c.step_type,
    s.c.status,
    s.c.started_at,
    s.c.duration_ms,
    s.c.input_json,
    s.c.output_json,
    s.c.error,
)
_LIST_STEPS = (
    sa.select(*_STEP).where((s.c.pipeline_run_id == _P("run")) & (s.c.workspace_id == _P("ws"))).order_by(s.c.position)
)
_FIND_RUN = sa.select(r.c.id, r.c.trigger, r.c.status, r.c.error, r.c.started_at, r.c.finished_at).where(
    (r.c.id == _P("run")) & (r.c.workspace_id == _P("ws"))
)
_LIST_STEPS_OF = (
    sa.select(*_STEP, s.c.pipeline_run_id)
    .where(s.c.pipeline_run_id.in_(_P("runs", expanding=True)) & (s.c.workspace_id == _P("ws")))
    .order_by(s.c.pipeline_run_id, s.c.position)
)
# A run's generation got its id just before it: walking the index of ids back from there meets it at once.
_GENERATION = (
    sa.select(g.c.id)
    .where((g.c.workspace_id == r.c.workspace_id) & (g.c.id < r.c.id) & (g.c.pipeline_run_id == r.c.id))
    .order_by(g.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_RUN = sa.select(
    r.c.id,
    r.c.pipeline_id,
    r.c.chat_id,
    _GENERATION.label("generation_id"),
    r.c.trigger,
    r.c.status,
    r.c.error,
    r.c.started_at,
    r.c.finished_at,
).where(r.c.workspace_id == _P("ws"))
_FIND_WHOLE = _RUN.where(r.c.id == _P("run"))
_LIST_RUNS = _RUN.order_by(r.c.id.desc()).limit(_P("take"))
_ASSIGN = (
    sa.update(r)
    .where((r.c.id == _P("run")) & (r.c.workspace_id == _P("ws")))
    .values(pipeline_id=_P("pipeline"), trigger=sa.func.coalesce(_P("by", type_=sa.String), r.c.trigger))
)


def _run(row: Any) -> Run:
    return Run(
        PipelineRunId(row.id),
        row.pipeline_id,
        row.chat_id,
        row.generation_id,
        Trigger(row.trigger),
        row.status,
        row.error,
        row.started_at,
        row.finished_at,
    )


# What every turn runs.
hot(_INSERT_RUN, _INSERT_STEPS, _FINISH)


def insert_run(tx: WriteTx, started: Started, trigger: Trigger) -> None:
    row = {
        "id": started.run_id,
        "workspace_id": started.workspace,
        "chat_id": started.chat_id,
        "trigger": trigger.value,
        "status": "running",
        "operation_id": started.operation_id,
        "started_at": tx.now,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.post(_INSERT_RUN, row)


def insert_steps(tx: WriteTx, ws: WorkspaceId, run: PipelineRunId, steps: Sequence[StepRecord]) -> None:
    rows = [
        {
            "id": uuid7(),
            "workspace_id": ws,
            "pipeline_run_id": run,
            "position": step.position,
            "step_name": step.name,
            "step_type": step.type,
            "status": step.status,
            "input_json": step.input,
            "output_json": step.output,
            "error": step.error,
            "started_at": step.started_at,
            "duration_ms": step.duration_ms,
            "created_at": tx.now,
            "updated_at": tx.now,
        }
        for step in steps
    ]
    tx.post(_INSERT_STEPS, rows)


def finish_run(tx: WriteTx, ws: WorkspaceId, run: PipelineRunId, status: str, error: str | None) -> None:
    tx.post(_FINISH, {"ws": ws, "run": run, "new_status": status, "problem": error, "now": tx.now})


def interrupt(tx: WriteTx, runs: Sequence[PipelineRunId]) -> None:
    tx.execute(_INTERRUPT, {"runs": list(runs), "now": tx.now})


def list_steps(tx: ReadTx, ws: WorkspaceId, run: PipelineRunId) -> list[StepRecord]:
    return [StepRecord(*tuple(row)) for row in tx.execute(_LIST_STEPS, {"ws": ws, "run": run})]


def find_run(tx: ReadTx, ws: WorkspaceId, run: PipelineRunId) -> dict[str, object] | None:
    """The run as the trace shows it."""
    row = tx.execute(_FIND_RUN, {"ws": ws, "run": run}).one_or_none()
    return None if row is None else dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public spelling of "as a dict"


def assign(
    tx: WriteTx, ws: WorkspaceId, run: PipelineRunId, pipeline: PipelineId, trigger: Trigger | None = None
) -> None:
    """Say which pipeline a run is of, and what set it going where that is not what its turn says."""
    by = None if trigger is None else trigger.value
    tx.execute(_ASSIGN, {"ws": ws, "run": run, "pipeline": pipeline, "by": by})


def find_whole(tx: ReadTx, ws: WorkspaceId, run: PipelineRunId) -> Run | None:
    """A run without its steps."""
    row = tx.execute(_FIND_WHOLE, {"ws": ws, "run": run}).one_or_none()
    return None if row is None else _run(row)


def list_runs(
    tx: ReadTx,
    ws: WorkspaceId,
    chat: ChatId | None,
    pipeline: PipelineId | None,
    limit: int,
    cursor: str | None,
) -> Page[Run]:
    """Runs without their steps, the newest first."""
    query, params = _LIST_RUNS, {"ws": ws, "take": limit + 1}
    if chat is not None:
        query, params["chat"] = query.where(r.c.chat_id == _P("chat")), chat
    if pipeline is not None:
        query, params["pipeline"] = query.where(r.c.pipeline_id == _P("pipeline")), pipeline
    if cursor is not None:
        query, params["after"] = query.where(r.c.id < _P("after")), decode_id(cursor)
    found = [_run(row) for row in tx.execute(query, params)]
    return page_of(found, limit)


def list_steps_of(tx: ReadTx, ws: WorkspaceId, runs: Sequence[PipelineRunId]) -> dict[PipelineRunId, list[StepRecord]]:
    found: dict[PipelineRunId, list[StepRecord]] = {}
    for row in tx.execute(_LIST_STEPS_OF, {"ws": ws, "runs": list(runs)}) if runs else ():
        found.setdefault(PipelineRunId(row.pipeline_run_id), []).append(StepRecord(*tuple(row)[:-1]))
    return found
