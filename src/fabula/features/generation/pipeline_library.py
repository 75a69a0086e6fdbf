"""The library of pipelines: kept, checked before they come here, gone for good when deleted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fabula.core.actor import Actor, Scope
from fabula.core.clock import iso
from fabula.core.ids import is_uuid, uuid7
from fabula.core.paging import Page
from fabula.db import ReadTx, WriteTx
from fabula.features import audit
from fabula.features.generation import store
from fabula.features.generation.pipelines import Definition, Pipeline, PipelineId
from fabula.features.generation.pipelines.errors import PipelineNotFound, PipelineVersionConflict
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class PipelineChange:
    """What to change; None leaves a field as it is."""

    name: str | None = None
    enabled: bool | None = None
    definition: Definition | None = None
    version: int | None = None


def get_pipeline(tx: ReadTx, actor: Actor, pipeline: PipelineId) -> Pipeline:
    """One pipeline; raises `PipelineNotFound`."""
    actor.require(Scope.WORKSHOP_READ)
    found = store.pipelines.find_pipeline(tx, actor.workspace, pipeline)
    if found is None:
        raise PipelineNotFound(pipeline)
    return found


def list_pipelines(tx: ReadTx, actor: Actor, limit: int, cursor: str | None) -> Page[Pipeline]:
    """Pipelines, the newest first."""
    actor.require(Scope.WORKSHOP_READ)
    return store.pipelines.list_pipelines(tx, actor.workspace, limit, cursor)


def create(tx: WriteTx, actor: Actor, name: str, enabled: bool, definition: Definition) -> Pipeline:
    """Save a pipeline whose definition `read_definition` has read. Names need not be unique."""
    actor.require(Scope.WORKSHOP_WRITE)
    pipeline = Pipeline(PipelineId(uuid7()), name, enabled, definition.to_json(), 1, tx.now, tx.now)
    store.pipelines.insert_pipeline(tx, actor.workspace, pipeline)
    _note(tx, actor, "created", None, pipeline)
    return pipeline


def change(tx: WriteTx, actor: Actor, pipeline: PipelineId, wanted: PipelineChange) -> Pipeline:
    """Raises `PipelineNotFound` or `PipelineVersionConflict`."""
    actor.require(Scope.WORKSHOP_WRITE)
    found = _current(tx, actor, pipeline, wanted.version)
    changed = replace(
        found,
        name=found.name if wanted.name is None else wanted.name,
        enabled=found.enabled if wanted.enabled is None else wanted.enabled,
        definition=found.definition if wanted.definition is None else wanted.definition.to_json(),
    )
    if not store.pipelines.update_pipeline(tx, actor.workspace, changed):
        raise PipelineVersionConflict(describe(get_pipeline(tx, actor, pipeline)))
    _note(tx, actor, "changed", found, changed)
    return get_pipeline(tx, actor, pipeline)


def delete(tx: WriteTx, actor: Actor, pipeline: PipelineId, version: int | None) -> None:
    """What binds it falls back to the default pipeline; raises `PipelineNotFound` or `PipelineVersionConflict`."""
    actor.require(Scope.WORKSHOP_WRITE)
    found = _current(tx, actor, pipeline, version)
    store.pipelines.delete_pipeline(tx, actor.workspace, pipeline)
    _note(tx, actor, "deleted", found, None)


def check_binding(tx: ReadTx, actor: Actor, settings: Mapping[str, Json]) -> None:
    """Raise `PipelineNotFound` unless the pipeline that `settings` bind, if any, is there in the actor's workspace.

    For those who are about to store them; no right of the workshop is needed to choose.
    """
    wanted = settings.get("pipelineId")
    if wanted is None:
        return
    pipeline = PipelineId(str(wanted))
    if not is_uuid(pipeline) or store.pipelines.find_pipeline(tx, actor.workspace, pipeline) is None:
        raise PipelineNotFound(pipeline)


def describe(pipeline: Pipeline) -> dict[str, object]:
    """The pipeline as the API shows it."""
    return {
        "id": pipeline.id,
        "name": pipeline.name,
        "enabled": pipeline.enabled,
        "definition": dict(pipeline.definition),
        "version": pipeline.version,
        "createdAt": iso(pipeline.created_at),
        "updatedAt": iso(pipeline.updated_at),
    }


def _current(tx: ReadTx, actor: Actor, pipeline: PipelineId, version: int | None) -> Pipeline:
    found = get_pipeline(tx, actor, pipeline)
    if version is not None and version != found.version:
        raise PipelineVersionConflict(describe(found))
    return found


def _note(tx: WriteTx, actor: Actor, what: str, before: Pipeline | None, after: Pipeline | None) -> None:
    seen = after or before
    assert seen is not None
    audit.record(tx, actor, f"pipeline.{what}", "pipeline", seen.id, before=_noted(before), after=_noted(after))


def _noted(pipeline: Pipeline | None) -> dict[str, Json] | None:
    if pipeline is None:
        return None
    return {"name": pipeline.name, "enabled": pipeline.enabled, "definition": dict(pipeline.definition)}
