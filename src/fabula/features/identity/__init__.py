"""Who may do what, where."""

from fabula.features.identity.local import ensure_local_owner
from fabula.features.identity.store import SETTINGS
from fabula.features.identity.workspace import get_settings, hold_workspace

__all__ = ["SETTINGS", "ensure_local_owner", "get_settings", "hold_workspace"]
