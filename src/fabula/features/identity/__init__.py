"""Who may do what, where."""

from fabula.features.identity.local import ensure_local_owner

__all__ = ["ensure_local_owner"]
