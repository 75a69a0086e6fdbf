"""The actor's own workspace: what it is called, and what it binds for all its chats."""

from collections.abc import Callable
from dataclasses import dataclass

from fabula.core.actor import Actor, Scope
from fabula.db import ReadTx, WriteTx
from fabula.features import audit
from fabula.features.identity import store
from fabula.features.identity.errors import VersionConflict
from fabula.features.identity.types import Workspace
from fabula.plugins import Json

# Raises for settings that bind what is not there; who knows what can be bound hands it in.
CheckSettings = Callable[[ReadTx, Actor, dict[str, Json]], None]


@dataclass(frozen=True, slots=True)
class WorkspaceChange:
    """None leaves a field as it is; `settings` are replaced whole."""

    name: str | None
    settings: dict[str, Json] | None


def get_workspace(tx: ReadTx, actor: Actor) -> Workspace:
    """The workspace that the actor acts in."""
    actor.require(Scope.WORKSHOP_READ)
    return store.get_workspace(tx, actor.workspace)


def get_settings(tx: ReadTx, actor: Actor) -> dict[str, Json]:
    """What the workspace binds; no right is needed to act under it."""
    return store.get_workspace(tx, actor.workspace).settings


def change_workspace(
    tx: WriteTx, actor: Actor, check: CheckSettings, version: int | None, wanted: WorkspaceChange
) -> Workspace:
    """Raises `VersionConflict`, and what `check` raises for what is bound."""
    actor.require(Scope.ADMIN)
    found = store.hold_workspace(tx, actor.workspace)
    if version is not None and version != found.version:
        raise VersionConflict(found)
    name = found.name if wanted.name is None else wanted.name
    settings = found.settings if wanted.settings is None else wanted.settings
    if (name, settings) == (found.name, found.settings):
        return found
    check(tx, actor, settings)
    store.change_workspace(tx, actor.workspace, name, settings)
    before: dict[str, Json] = {"name": found.name, "settings": found.settings}
    after: dict[str, Json] = {"name": name, "settings": settings}
    audit.record(tx, actor, "workspace.changed", "workspace", actor.workspace, before=before, after=after)
    return store.get_workspace(tx, actor.workspace)


def hold_workspace(tx: WriteTx, actor: Actor) -> None:
    """Until this transaction ends, let no other one pass here: for what there may be one of in a workspace.

    On PostgreSQL a lock of the workspace's row that hinders nobody else, neither readers nor those who insert rows
    of the workspace; on SQLite the one writer is alone anyway. Hold it before reading what is decided on.
    """
    store.hold_workspace(tx, actor.workspace)
