"""A job as it is stored and shown: who asked, how far it is, how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from fabula.core.actor import Actor, ActorKind, Role, Scope
from fabula.core.ids import JobId, OperationId, WorkspaceId
from fabula.plugins import Json


class JobStatus(Enum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    ERROR = "error"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobProgress:
    done: int
    total: int
    note: str


@dataclass(frozen=True, slots=True)
class Job:
    """`error` is {code, message, details} when the status is `error`. `attempt` counts from 1, a retry adds one."""

    id: JobId
    workspace: WorkspaceId
    name: str
    status: JobStatus
    attempt: int
    progress: JobProgress | None
    result: Json
    error: Json
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewJob:
    """What `enqueue` stores. The actor goes with the job: its handler may do what the one who asked may."""

    id: JobId
    name: str
    payload: Mapping[str, Json]
    actor: Actor
    operation: OperationId | None


@dataclass(frozen=True, slots=True)
class JobRun:
    """One start of one attempt, as its handler sees it."""

    job: Job
    actor: Actor
    payload: dict[str, Json]
    starts: int


def pack_actor(actor: Actor) -> Json:
    """An actor as JSON; its workspace is the row's."""
    scopes: list[Json] = [*sorted(scope.value for scope in actor.scopes)]
    return {
        "kind": actor.kind.value,
        "id": actor.id,
        "name": actor.name,
        "role": actor.role.value,
        "scopes": scopes,
    }


def unpack_actor(workspace: WorkspaceId, packed: Mapping[str, object]) -> Actor:
    """The actor `pack_actor` packed; a scope this version no longer knows is left out."""
    held = packed["scopes"]
    assert isinstance(held, list)
    scopes = frozenset(scope for scope in Scope if scope.value in held)
    kind, role = ActorKind(packed["kind"]), Role(packed["role"])
    return Actor(workspace, kind, str(packed["id"]), str(packed["name"]), role, scopes)
