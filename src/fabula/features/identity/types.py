"""Workspaces, as stored."""

from dataclasses import dataclass
from datetime import datetime

from fabula.core.ids import WorkspaceId
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class Workspace:
    """The tenant. `settings` hold for its chats where neither they nor their profiles say otherwise."""

    id: WorkspaceId
    name: str
    settings: dict[str, Json]
    version: int
    created_at: datetime
    updated_at: datetime
