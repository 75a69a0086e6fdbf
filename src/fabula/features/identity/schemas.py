"""Workspaces over HTTP."""

from typing import Annotated, Any

from pydantic import Field

from fabula.core.ids import WorkspaceId
from fabula.features.identity.types import Workspace
from fabula.http.schemas import In, Instant, Out, Text
from fabula.http.settings import SettingsIn


class WorkspaceOut(Out):
    id: WorkspaceId
    name: str
    settings: dict[str, Any]
    version: int
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, found: Workspace) -> "WorkspaceOut":
        return cls(
            id=found.id,
            name=found.name,
            settings=found.settings,
            version=found.version,
            created_at=found.created_at,
            updated_at=found.updated_at,
        )


class WorkspacePatchIn(In):
    """What is left out stays; `settings` are replaced as a whole."""

    name: Annotated[Text, Field(min_length=1, max_length=200)] | None = None
    settings: SettingsIn | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
