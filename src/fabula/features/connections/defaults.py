"""Which workspaces have no default connection and no default preset, so that their turns need not ask."""

from datetime import datetime, timedelta

from fabula.core.ids import WorkspaceId

# Longer than any group commit takes: what is read this long after a change is committed, not about to be rolled back.
_CALM = timedelta(seconds=10)


class Defaults:
    """A memory of absence for the process that owns the database; elsewhere (`alone` False) it remembers nothing.

    Right without a lock around both: `changed` and `note_absent` are called inside write transactions, which run one
    after another in the one writer thread. A change that is rolled back costs only the memory.
    """

    def __init__(self, *, alone: bool) -> None:
        self._alone = alone
        self._absent: set[WorkspaceId] = set()
        self._changed: dict[WorkspaceId, datetime] = {}

    def are_absent(self, ws: WorkspaceId) -> bool:
        return ws in self._absent

    def note_absent(self, ws: WorkspaceId, now: datetime) -> None:
        """Neither default was found; believed only when no change is so young that it may still be undone."""
        changed = self._changed.get(ws)
        if self._alone and (changed is None or now - changed > _CALM):
            self._absent.add(ws)

    def changed(self, ws: WorkspaceId, now: datetime) -> None:
        self._absent.discard(ws)
        self._changed[ws] = now
