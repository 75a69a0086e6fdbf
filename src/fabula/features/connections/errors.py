"""What can be wrong with a connection."""

from fabula.core.errors import AppError, Kind


class NoModelListed(AppError):
    kind, code = Kind.UPSTREAM, "connections.no_model_listed"
    connection: str

    @property
    def message(self) -> str:
        return f"the server behind {self.connection!r} lists no model; name one with FABULA_MODEL_NAME"
