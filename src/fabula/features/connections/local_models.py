"""Models that run on this machine: what there is, and the changes that are asked for.

They belong to the server, not to a workspace: only its administrators change them. The files themselves are changed
outside transactions (`providers.embedded.catalogue`), each change harmless when it is done twice.
"""

from collections.abc import Callable, Mapping, Sequence

from fabula.core.actor import Actor, Scope
from fabula.core.ids import JobId
from fabula.db import WriteTx
from fabula.engine.jobs import Job, find_open_job, get_job
from fabula.features import audit
from fabula.plugins import Json
from fabula.providers.embedded.catalogue import LocalModel, check_deletable
from fabula.providers.embedded.errors import WeightsUnknown
from fabula.providers.embedded.pull import Source, find_source

PULL_MODEL = "connections.pull_model"
_TYPE = "local_model"

# `Jobs.enqueue`, or what stands in for it.
Enqueue = Callable[[WriteTx, Actor, str, Mapping[str, Json]], JobId]


def request_pull(tx: WriteTx, actor: Actor, enqueue: Enqueue, sources: Mapping[str, Source], name: str) -> Job:
    """The job that pulls a model: the one that does so already, or a new one; raises `WeightsUnknown`."""
    actor.require(Scope.ADMIN)
    payload: dict[str, Json] = {"model": find_source(name, sources).name}
    running = find_open_job(tx, actor, PULL_MODEL, payload)
    if running is not None:
        return running
    audit.record(tx, actor, "local_model.pulled", _TYPE, None, after=payload)
    return get_job(tx, actor, enqueue(tx, actor, PULL_MODEL, payload))


def note_used(tx: WriteTx, actor: Actor, before: str | None, chosen: LocalModel) -> LocalModel:
    """Record that `chosen` is in use now, instead of `before`."""
    if before != chosen.name:
        audit.record(tx, actor, "local_model.used", _TYPE, None, before={"model": before}, after={"model": chosen.name})
    return chosen


def note_deleted(tx: WriteTx, actor: Actor, known: Sequence[LocalModel], name: str) -> None:
    """Record a deletion that is about to be done; raises `WeightsUnknown`, `WeightsNotHere`, `WeightsInUse`."""
    actor.require(Scope.ADMIN)
    found = next((model for model in known if model.name == name), None)
    if found is None:
        raise WeightsUnknown(name)
    check_deletable(found)
    audit.record(tx, actor, "local_model.deleted", _TYPE, None, before={"model": name})


def show_local_model(found: LocalModel) -> dict[str, Json]:
    """A model as the API and a pull's result show it."""
    return {
        "name": found.name,
        "title": found.title,
        "size": found.size,
        "file": None if found.path is None else str(found.path),
        "sha256": found.sha256,
        "isChecked": found.is_checked,
        "isHere": found.path is not None,
        "isInUse": found.is_in_use,
        "canPull": found.can_pull,
        "contextTokens": found.context_tokens,
        "problem": found.problem,
    }
