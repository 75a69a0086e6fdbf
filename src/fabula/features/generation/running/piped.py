"""How a bound pipeline enters a turn."""

from collections.abc import Mapping
from dataclasses import replace

from fabula.core.actor import Actor
from fabula.db import Database, WriteTx
from fabula.features.connections import Connection, Connections
from fabula.features.generation import store
from fabula.features.generation.pipelines import PipelineId, StepKinds
from fabula.features.generation.running.asker import ModelAsker
from fabula.features.generation.running.host import RunState
from fabula.features.generation.running.performance import Performance
from fabula.features.generation.sources import Stage
from fabula.features.generation.types import Started, Trigger
from fabula.plugins import Json


async def open_performance(
    db: Database,
    connections: Connections,
    kinds: StepKinds,
    actor: Actor,
    started: Started,
    connection: Connection,
    model: str,
    stage: Stage,
) -> Performance:
    """The performance of the stage's pipeline; its run says from here on which one that is."""
    assert stage.pipeline.definition is not None
    trigger = await db.write(actor, _assign, started, stage.pipeline.id)
    state = RunState(
        started.mode.value, trigger.value, stage.message, stage.context(), stage, stage.remembered, started.prefix
    )
    ask = ModelAsker(db, connections, actor, started, connection, model)
    return Performance(stage.pipeline.definition, kinds, state, ask)


def with_params(connection: Connection, params: Mapping[str, Json]) -> Connection:
    """The connection asked with a step's sampler fields over its own; an answer may take half of the context."""
    if not params:
        return connection
    merged: dict[str, Json] = {
        name: value for name, value in {**connection.params, **params}.items() if value is not None
    }
    bound = params.get("max_tokens")
    answer = connection.answer_tokens
    if isinstance(bound, int):
        answer = min(bound, connection.context_tokens // 2)
    return replace(connection, params=merged, answer_tokens=answer)


def _assign(tx: WriteTx, actor: Actor, started: Started, pipeline: PipelineId) -> Trigger:
    store.runs.assign(tx, actor.workspace, started.run_id, pipeline)
    run = store.runs.find_run(tx, actor.workspace, started.run_id)
    assert run is not None
    return Trigger(str(run["trigger"]))
