"""Reading connections and presets."""

from collections.abc import Callable, Mapping

from fabula.core.actor import Actor, Scope
from fabula.core.ids import is_uuid
from fabula.core.paging import Page, decode_id, page_of
from fabula.db import ReadTx
from fabula.features.connections import rules, store
from fabula.features.connections.errors import ConnectionNotFound, PresetNotFound
from fabula.features.connections.types import BUILT_IN, ConnectionId, Preset, PresetId, ProviderConnection
from fabula.plugins import Json

BindingCheck = Callable[[ReadTx, Actor, Mapping[str, Json]], None]
_CHECKS: dict[str, BindingCheck] = {}


def get_connection(
    tx: ReadTx, actor: Actor, built_in: ProviderConnection, connection: ConnectionId
) -> ProviderConnection:
    """One connection, or the server's own; raises `ConnectionNotFound`."""
    actor.require(Scope.WORKSHOP_READ)
    if connection == BUILT_IN:
        return built_in
    found = store.connections.find(tx, actor.workspace, connection)
    if found is None:
        raise ConnectionNotFound(connection)
    return found


def list_connections(
    tx: ReadTx, actor: Actor, built_in: ProviderConnection, limit: int, cursor: str | None
) -> Page[ProviderConnection]:
    """The server's own connection, then the workspace's, the oldest first."""
    actor.require(Scope.WORKSHOP_READ)
    after = None if cursor is None else decode_id(cursor)
    first = [built_in] if after is None else []
    stored = store.connections.list_after(tx, actor.workspace, after or BUILT_IN, limit + 1 - len(first))
    return page_of([*first, *stored], limit)


def get_preset(tx: ReadTx, actor: Actor, preset: PresetId) -> Preset:
    """One preset; raises `PresetNotFound`."""
    actor.require(Scope.WORKSHOP_READ)
    found = store.presets.find(tx, actor.workspace, preset)
    if found is None:
        raise PresetNotFound(preset)
    return found


def list_presets(tx: ReadTx, actor: Actor, limit: int, cursor: str | None) -> Page[Preset]:
    """Presets, the oldest first."""
    actor.require(Scope.WORKSHOP_READ)
    after = None if cursor is None else decode_id(cursor)
    return page_of(store.presets.list_after(tx, actor.workspace, after, limit + 1), limit)


def register_binding(field: str, check: BindingCheck) -> None:
    """Let a slice above say whether what settings bind as `field` is there; it looks at all of them and may raise."""
    _CHECKS[field] = check


def check_bindings(tx: ReadTx, actor: Actor, settings: Mapping[str, Json]) -> None:
    """Raise `ConnectionNotFound` or `PresetNotFound` unless what `settings` bind is there, in the actor's workspace.

    Also raises what the checks of slices above raise (`register_binding`). For those who are about to store them; no
    right of the workshop is needed to choose.
    """
    for check in _CHECKS.values():
        check(tx, actor, settings)
    wish = rules.wish_of([settings])
    for ident, missing in ((wish.connection, ConnectionNotFound), (wish.preset, PresetNotFound)):
        if ident is not None and not is_uuid(ident):
            raise missing(ident)
    if wish.connection is None and wish.preset is None:
        return
    stored, preset = store.choice.find(tx, actor.workspace, wish.connection, wish.preset)
    if wish.connection not in {None, BUILT_IN} and stored is None:
        raise ConnectionNotFound(str(wish.connection))
    if wish.preset is not None and preset is None:
        raise PresetNotFound(wish.preset)
