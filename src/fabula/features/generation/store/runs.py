"""SQL of pipeline runs and their steps."""

from collections.abc import Sequence

import sqlalchemy as sa

from fabula.core.ids import PipelineRunId, WorkspaceId, uuid7
from fabula.db import ReadTx, WriteTx
from fabula.db.hot import hot
from fabula.features.generation.tables import pipeline_runs as r
from fabula.features.generation.tables import pipeline_step_runs as s
from fabula.features.generation.types import Started, StepRecord, Trigger

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
_LIST_STEPS = (
    sa.select(
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
    .where((s.c.pipeline_run_id == _P("run")) & (s.c.workspace_id == _P("ws")))
    .order_by(s.c.position)
)
_FIND_RUN = sa.select(r.c.id, r.c.trigger, r.c.status, r.c.error, r.c.started_at, r.c.finished_at).where(
    (r.c.id == _P("run")) & (r.c.workspace_id == _P("ws"))
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
    tx.execute(_INSERT_RUN, row)


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
    tx.execute(_INSERT_STEPS, rows)


def finish_run(tx: WriteTx, ws: WorkspaceId, run: PipelineRunId, status: str, error: str | None) -> None:
    tx.execute(_FINISH, {"ws": ws, "run": run, "new_status": status, "problem": error, "now": tx.now})


def interrupt(tx: WriteTx, runs: Sequence[PipelineRunId]) -> None:
    tx.execute(_INTERRUPT, {"runs": list(runs), "now": tx.now})


def list_steps(tx: ReadTx, ws: WorkspaceId, run: PipelineRunId) -> list[StepRecord]:
    return [StepRecord(*tuple(row)) for row in tx.execute(_LIST_STEPS, {"ws": ws, "run": run})]


def find_run(tx: ReadTx, ws: WorkspaceId, run: PipelineRunId) -> dict[str, object] | None:
    """The run as the trace shows it."""
    row = tx.execute(_FIND_RUN, {"ws": ws, "run": run}).one_or_none()
    return None if row is None else dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public spelling of "as a dict"
