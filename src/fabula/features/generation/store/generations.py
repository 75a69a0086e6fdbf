"""SQL of generations."""

from typing import Any

import sqlalchemy as sa

from fabula.core.ids import (
    BranchId,
    ChatId,
    GenerationId,
    InstanceId,
    WorkspaceId,
)
from fabula.core.paging import Page, decode_id, page_of
from fabula.db import ReadTx, WriteTx
from fabula.db.dialect import insert_if_absent
from fabula.db.hot import hot
from fabula.features.generation.tables import generation_prompts as gp
from fabula.features.generation.tables import llm_generations as g
from fabula.features.generation.types import Generation, GenerationStatus, Mode, ModelRef, Outcome, Started

_P = sa.bindparam
_OURS = g.c.workspace_id == _P("ws")
_THIS = _OURS & (g.c.id == _P("generation"))
_STREAMING = g.c.status == GenerationStatus.STREAMING.value
_GENERATION = sa.select(
    g.c.id,
    g.c.chat_id,
    g.c.branch_id,
    g.c.user_message_id,
    g.c.message_id,
    g.c.variant_id,
    g.c.pipeline_run_id,
    g.c.mode,
    g.c.status,
    g.c.provider_id,
    g.c.model,
    g.c.started_at,
    g.c.finished_at,
    g.c.prompt_tokens,
    g.c.completion_tokens,
    g.c.finish_reason,
    g.c.error_json,
    g.c.owner,
).where(_OURS)
_FIND = _GENERATION.where(g.c.id == _P("generation"))
_FIND_LIVE = sa.select(g.c.id).where(_OURS & (g.c.branch_id == _P("branch")) & _STREAMING)
_FIND_SNAPSHOT = sa.select(gp.c.snapshot).where(
    (gp.c.workspace_id == _P("ws")) & (gp.c.generation_id == _P("generation"))
)
_FIND_TEXT = sa.select(g.c.output_text, g.c.output_reasoning, g.c.text_changed).where(_THIS)
_LIST = _GENERATION.order_by(g.c.id.desc()).limit(_P("take"))
_INSERT = insert_if_absent(g)
_SAVE_PROMPT = (
    sa.update(g)
    .where(_THIS & _STREAMING)
    .values(prompt_hash=_P("hash"), prompt_tokens=_P("tokens"), updated_at=_P("now"))
)
_INSERT_SNAPSHOT = insert_if_absent(gp)
_SETTLE = (
    sa.update(g)
    .where(_THIS & _STREAMING & (g.c.owner == _P("instance")))
    .values(
        status=_P("new_status"),
        finished_at=_P("now"),
        model=_P("used_model"),
        prompt_tokens=sa.func.coalesce(_P("tokens", type_=sa.Integer), g.c.prompt_tokens),
        completion_tokens=_P("written"),
        finish_reason=_P("reason"),
        error_json=_P("problem"),
        output_text=_P("text"),
        output_reasoning=_P("thought"),
        text_changed=_P("changed"),
        updated_at=_P("now"),
    )
)
_REQUEST_ABORT = sa.update(g).where(_THIS & _STREAMING).values(abort_requested=True, updated_at=_P("now"))
# What every turn runs.
hot(_FIND_LIVE, _INSERT, _INSERT_SNAPSHOT, _SAVE_PROMPT, _SETTLE)


def _generation(row: Any) -> Generation:
    return Generation(
        GenerationId(row.id),
        row.chat_id,
        row.branch_id,
        row.user_message_id,
        row.message_id,
        row.variant_id,
        row.pipeline_run_id,
        Mode(row.mode),
        GenerationStatus(row.status),
        row.provider_id,
        row.model,
        row.started_at,
        row.finished_at,
        row.prompt_tokens,
        row.completion_tokens,
        row.finish_reason,
        row.error_json,
        row.owner,
    )


def insert_generation(tx: WriteTx, started: Started, ref: ModelRef, owner: InstanceId) -> bool:
    """Store it as `streaming`; False when another is being written on its branch."""
    row = {
        "id": started.id,
        "workspace_id": started.workspace,
        "chat_id": started.chat_id,
        "branch_id": started.branch_id,
        "user_message_id": started.user_message_id,
        "message_id": started.message_id,
        "variant_id": started.variant_id,
        "pipeline_run_id": started.run_id,
        "mode": started.mode.value,
        "provider_id": ref.provider_id,
        "model": ref.model,
        "params_json": ref.params,
        "status": GenerationStatus.STREAMING.value,
        "owner": owner,
        "abort_requested": False,
        "text_changed": False,
        "operation_id": started.operation_id,
        "started_at": tx.now,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    return tx.execute_posted(_INSERT, row).rowcount == 1


def find_generation(tx: ReadTx, ws: WorkspaceId, generation: GenerationId) -> Generation | None:
    row = tx.execute(_FIND, {"ws": ws, "generation": generation}).one_or_none()
    return None if row is None else _generation(row)


def find_live(tx: ReadTx, ws: WorkspaceId, branch: BranchId) -> GenerationId | None:
    """The generation that is being written on `branch`, if any."""
    found = tx.execute(_FIND_LIVE, {"ws": ws, "branch": branch}).scalar_one_or_none()
    return None if found is None else GenerationId(found)


def find_snapshot(tx: ReadTx, ws: WorkspaceId, generation: GenerationId) -> str | None:
    found: str | None = tx.execute(_FIND_SNAPSHOT, {"ws": ws, "generation": generation}).scalar_one_or_none()
    return found


def find_output(tx: ReadTx, ws: WorkspaceId, generation: GenerationId) -> tuple[str, str, bool]:
    """Text and reasoning of a generation without a variant, and whether a post step changed the text."""
    row = tx.execute(_FIND_TEXT, {"ws": ws, "generation": generation}).one()
    return row.output_text or "", row.output_reasoning or "", row.text_changed


def list_generations(
    tx: ReadTx,
    ws: WorkspaceId,
    chat: ChatId | None,
    status: GenerationStatus | None,
    limit: int,
    cursor: str | None,
) -> Page[Generation]:
    """Generations, the newest first."""
    statement, params = _LIST, {"ws": ws, "take": limit + 1}
    if chat is not None:
        statement, params = statement.where(g.c.chat_id == _P("chat")), params | {"chat": chat}
    if status is not None:
        statement, params = statement.where(g.c.status == _P("status")), params | {"status": status.value}
    if cursor is not None:
        after = decode_id(cursor)
        statement, params = statement.where(g.c.id < _P("after")), params | {"after": after}
    found = [_generation(row) for row in tx.execute(statement, params)]
    return page_of(found, limit)


def save_prompt(
    tx: WriteTx, ws: WorkspaceId, generation: GenerationId, snapshot: str, digest: str, tokens: int
) -> None:
    """The exact prompt, before the first delta is shown."""
    tx.post(_SAVE_PROMPT, {"ws": ws, "generation": generation, "hash": digest, "tokens": tokens, "now": tx.now})
    row = {"generation_id": generation, "workspace_id": ws, "snapshot": snapshot}
    tx.post(_INSERT_SNAPSHOT, row | {"created_at": tx.now, "updated_at": tx.now})


def settle(
    tx: WriteTx,
    ws: WorkspaceId,
    generation: GenerationId,
    instance: InstanceId,
    model: str,
    outcome: Outcome,
    *,
    keep_text: bool,
) -> bool:
    """Close a generation that is still ours; False when it was declared dead meanwhile."""
    params = {
        "ws": ws,
        "generation": generation,
        "instance": instance,
        "new_status": outcome.status.value,
        "used_model": model,
        "tokens": outcome.prompt_tokens,
        "written": outcome.completion_tokens,
        "reason": outcome.finish_reason,
        "problem": outcome.error,
        "text": outcome.text if keep_text else None,
        "thought": outcome.reasoning if keep_text else None,
        "changed": outcome.text_changed,
        "now": tx.now,
    }
    return tx.execute(_SETTLE, params).rowcount == 1


def request_abort(tx: WriteTx, ws: WorkspaceId, generation: GenerationId) -> None:
    """Ask the owner, wherever it runs, to stop."""
    tx.execute(_REQUEST_ABORT, {"ws": ws, "generation": generation, "now": tx.now})
