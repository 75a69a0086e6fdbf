"""What can be wrong with a workspace."""

from fabula.core.errors import AppError, Kind
from fabula.features.identity.schemas import WorkspaceOut
from fabula.features.identity.types import Workspace


class VersionConflict(AppError):
    kind, code = Kind.CONFLICT, "identity.version_conflict"
    current: Workspace

    @property
    def message(self) -> str:
        return "somebody changed the workspace meanwhile; look at the current one and decide again"

    @property
    def details(self) -> dict[str, object]:
        return {"current": WorkspaceOut.of(self.current).model_dump(mode="json", by_alias=True)}
