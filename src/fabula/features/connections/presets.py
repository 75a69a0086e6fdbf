"""Making, changing and deleting generation presets."""

from collections.abc import Callable
from dataclasses import replace

from fabula.core.actor import Actor, Scope
from fabula.core.ids import uuid7
from fabula.db import WriteTx
from fabula.features import audit, identity
from fabula.features.connections import rules, store
from fabula.features.connections.defaults import Defaults
from fabula.features.connections.errors import PresetNotFound, VersionConflict
from fabula.features.connections.samplers import check_params
from fabula.features.connections.schemas import PresetOut
from fabula.features.connections.types import Preset, PresetFields, PresetId

_TYPE = "generation_preset"


def create_preset(tx: WriteTx, actor: Actor, defaults: Defaults, fields: PresetFields) -> Preset:
    """Store a preset; raises `InvalidInput` with the path of each bad field."""
    actor.require(Scope.WORKSHOP_WRITE)
    check_params(fields.params)
    new = Preset(PresetId(uuid7()), fields, 1, tx.now, tx.now)
    if fields.is_default:
        identity.hold_workspace(tx, actor)
        store.presets.clear_default(tx, actor.workspace, new.id)
    store.presets.insert(tx, actor.workspace, new)
    defaults.changed(actor.workspace, tx.now)
    audit.record(tx, actor, "preset.created", _TYPE, new.id, after=rules.show_preset(new))
    return new


def update_preset(
    tx: WriteTx,
    actor: Actor,
    defaults: Defaults,
    preset: PresetId,
    change: Callable[[PresetFields], PresetFields],
    version: int | None,
) -> Preset:
    """Change a preset; raises `VersionConflict` when `version` is not the current one."""
    actor.require(Scope.WORKSHOP_WRITE)
    identity.hold_workspace(tx, actor)  # before the row, or two who make a default one could lock each other out
    found = _lock(tx, actor, preset, version)
    fields = change(found.fields)
    check_params(fields.params)
    if fields.is_default:
        store.presets.clear_default(tx, actor.workspace, preset)
    store.presets.update(tx, actor.workspace, preset, fields)
    defaults.changed(actor.workspace, tx.now)
    changed = replace(found, fields=fields, version=found.version + 1, updated_at=tx.now)
    before, after = rules.show_preset(found), rules.show_preset(changed)
    audit.record(tx, actor, "preset.changed", _TYPE, preset, before=before, after=after)
    return changed


def delete_preset(tx: WriteTx, actor: Actor, defaults: Defaults, preset: PresetId, version: int | None) -> None:
    """For good. Chats that chose it say so at their next turn, until they choose another."""
    actor.require(Scope.WORKSHOP_WRITE)
    found = _lock(tx, actor, preset, version)
    store.presets.delete(tx, actor.workspace, preset)
    defaults.changed(actor.workspace, tx.now)
    audit.record(tx, actor, "preset.deleted", _TYPE, preset, before=rules.show_preset(found))


def _lock(tx: WriteTx, actor: Actor, preset: PresetId, version: int | None) -> Preset:
    found = store.presets.lock(tx, actor.workspace, preset)
    if found is None:
        raise PresetNotFound(preset)
    if version is not None and version != found.version:
        raise VersionConflict(PresetOut.of(found).model_dump(mode="json", by_alias=True))
    return found
