"""Who acts. An `Actor` is passed explicitly to every use case; nothing reads it from the air."""

from dataclasses import dataclass
from enum import Enum

from fabula.core.errors import Forbidden
from fabula.core.ids import WorkspaceId


class ActorKind(Enum):
    USER = "user"
    API_KEY = "api_key"
    GUEST = "guest"
    CONTACT = "contact"
    SYSTEM = "system"


class Role(Enum):
    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


class Scope(Enum):
    """One right. Roles are sets of these; an API key carries its own set."""

    CHAT_READ = "chat:read"
    CHAT_WRITE = "chat:write"
    PROFILE_READ = "profile:read"
    PROFILE_WRITE = "profile:write"
    WORKSHOP_READ = "workshop:read"
    WORKSHOP_WRITE = "workshop:write"
    JOB_READ = "job:read"
    JOB_WRITE = "job:write"
    ADMIN = "admin"


_READS = frozenset(s for s in Scope if s.value.endswith(":read"))
ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.OWNER: frozenset(Scope),
    Role.ADMIN: frozenset(Scope),
    Role.EDITOR: frozenset(s for s in Scope if s is not Scope.ADMIN),
    Role.VIEWER: _READS,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, key, guest, contact or the system itself, acting in exactly one workspace."""

    workspace: WorkspaceId
    kind: ActorKind
    id: str
    name: str
    role: Role
    scopes: frozenset[Scope]

    def has(self, scope: Scope) -> bool:
        return scope in self.scopes

    def require(self, scope: Scope) -> None:
        """Raise `Forbidden` unless this actor has `scope`."""
        if scope not in self.scopes:
            raise Forbidden(scope.value)
