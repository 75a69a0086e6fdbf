"""Which model answers: provider connections with sealed keys, presets, and the choice a turn makes among them."""

from fabula.features.connections.choose import Connection, Connections
from fabula.features.connections.defaults import Defaults
from fabula.features.connections.keyfile import KEY_FILE, open_keyring
from fabula.features.connections.local_models import PULL_MODEL
from fabula.features.connections.presets import create_preset
from fabula.features.connections.read import check_bindings, list_presets, register_binding
from fabula.features.connections.rotate import rotate_keys
from fabula.features.connections.rules import merge_params
from fabula.features.connections.samplers import check_params
from fabula.features.connections.types import BUILT_IN, Choice, ConnectionId, Preset, PresetFields, PresetId

__all__ = [
    "BUILT_IN",
    "KEY_FILE",
    "PULL_MODEL",
    "Choice",
    "Connection",
    "ConnectionId",
    "Connections",
    "Defaults",
    "Preset",
    "PresetFields",
    "PresetId",
    "check_bindings",
    "check_params",
    "create_preset",
    "list_presets",
    "merge_params",
    "open_keyring",
    "register_binding",
    "rotate_keys",
]
