"""What can be wrong with connections and presets."""

from fabula.core.errors import AppError, Kind
from fabula.plugins import Json


class NoModelListed(AppError):
    kind, code = Kind.UPSTREAM, "connections.no_model_listed"
    connection: str

    @property
    def message(self) -> str:
        return f"the server behind {self.connection!r} lists no model; name one in the connection or its settings"


class ConnectionNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "connections.not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no provider connection {self.id!r}"


class PresetNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "connections.preset_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no generation preset {self.id!r}"


class ConnectionGone(AppError):
    """A chat or profile names a connection that was deleted; another one is never taken in its place silently."""

    kind, code = Kind.CONFLICT, "connections.gone"
    connection_id: str

    @property
    def message(self) -> str:
        return "the provider connection chosen for this chat is no longer there; choose another one in its settings"


class ConnectionDisabled(AppError):
    kind, code = Kind.CONFLICT, "connections.disabled"
    connection_id: str
    name: str

    @property
    def message(self) -> str:
        return f"the provider connection {self.name!r} is switched off; switch it on or choose another one"


class PresetGone(AppError):
    kind, code = Kind.CONFLICT, "connections.preset_gone"
    preset_id: str

    @property
    def message(self) -> str:
        return "the generation preset chosen for this chat is no longer there; choose another one in its settings"


class BuiltInReadOnly(AppError):
    kind, code = Kind.CONFLICT, "connections.read_only"
    id: str

    @property
    def message(self) -> str:
        return "this connection comes from the server's settings; change it there, or create another one"


class AddressForbidden(AppError):
    kind, code = Kind.INVALID, "connections.address_forbidden"
    host: str

    @property
    def message(self) -> str:
        return f"{self.host!r} is an address of machine metadata or of one link only, never of a model's server"


class VersionConflict(AppError):
    kind, code = Kind.CONFLICT, "connections.version_conflict"
    current: dict[str, Json]

    @property
    def message(self) -> str:
        return "somebody changed this meanwhile; look at the current one and decide again"
