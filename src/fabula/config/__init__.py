"""Settings: one frozen tree, read once in `app`."""

from fabula.config.settings import Role, Settings, load_settings

__all__ = ["Role", "Settings", "load_settings"]
