"""SQL across workspaces: what this process owns, and what dead ones left behind."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from fabula.core.ids import ChatId, GenerationId, InstanceId, MessageId, PipelineRunId, VariantId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.engine.tables import instances
from fabula.features.generation.tables import llm_generations as g
from fabula.features.generation.types import GenerationStatus


@dataclass(frozen=True, slots=True)
class Orphan:
    """A generation left `streaming` by a process that died."""

    id: GenerationId
    workspace: WorkspaceId
    chat_id: ChatId | None
    variant_id: VariantId | None
    run_id: PipelineRunId | None
    user_message_id: MessageId | None


_P = sa.bindparam
_STREAMING = g.c.status == GenerationStatus.STREAMING.value
_LIST_ABORTS = sa.select(g.c.id).where((g.c.owner == _P("instance")) & _STREAMING & g.c.abort_requested.is_(True))
_ORPHANS = (
    sa.select(g.c.id, g.c.workspace_id, g.c.chat_id, g.c.variant_id, g.c.pipeline_run_id, g.c.user_message_id)
    .where(_STREAMING & g.c.owner.not_in(sa.select(instances.c.id)))
    .limit(_P("take"))
    .with_for_update(skip_locked=True)
)
_INTERRUPT = (
    sa.update(g)
    .where(g.c.id.in_(_P("generations", expanding=True)) & _STREAMING)
    .values(
        status=GenerationStatus.INTERRUPTED.value,
        finished_at=_P("now"),
        updated_at=_P("now"),
        error_json=_P("problem"),
    )
)


def list_aborts(tx: ReadTx, instance: InstanceId) -> list[GenerationId]:
    return [GenerationId(row.id) for row in tx.execute(_LIST_ABORTS, {"instance": instance})]


def list_orphans(tx: WriteTx, take: int) -> list[Orphan]:
    """Streaming generations whose owner is no living instance; locked, so that one reaper has each."""
    return [Orphan(*tuple(row)) for row in tx.execute(_ORPHANS, {"take": take})]


def interrupt(tx: WriteTx, generations: Sequence[GenerationId], error: dict[str, object]) -> None:
    tx.execute(_INTERRUPT, {"generations": list(generations), "now": tx.now, "problem": error})
