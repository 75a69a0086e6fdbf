"""How a model call fails, and a plugin. `retryable` speaks of a call that has brought no delta yet."""

from fabula.core.errors import AppError, Kind


class ModelError(AppError):
    """Base of all faults of a model call; `provider` is the connection's name, never its key."""

    kind, code = Kind.UPSTREAM, "model.error"
    provider: str

    @property
    def retryable(self) -> bool:
        return False

    @property
    def message(self) -> str:
        return f"the model at {self.provider!r} failed"


class ModelUnreachable(ModelError):
    code = "model.unreachable"
    reason: str

    @property
    def retryable(self) -> bool:
        return True

    @property
    def message(self) -> str:
        return f"cannot reach the model at {self.provider!r}: {self.reason}; is it running, and is its address right?"


class ModelTimeout(ModelError):
    code = "model.timeout"
    seconds: float

    @property
    def message(self) -> str:
        return f"the model at {self.provider!r} sent nothing for {self.seconds:g} s; try again, or raise the timeout"


class ModelRejected(ModelError):
    """The provider answered with an HTTP error; `reason` is its own short message, cut and cleaned."""

    code = "model.rejected"
    status: int
    reason: str
    wait: float | None = None

    @property
    def retryable(self) -> bool:
        return self.status in {408, 409, 425, 429} or self.status >= 500

    @property
    def retry_after(self) -> float | None:
        return self.wait

    @property
    def message(self) -> str:
        return f"the model at {self.provider!r} answered {self.status}: {self.reason}"


class ModelGarbage(ModelError):
    code = "model.garbage"
    reason: str

    @property
    def message(self) -> str:
        return f"the model at {self.provider!r} sent what is not the protocol: {self.reason}"


class ModelCut(ModelError):
    code = "model.cut"

    @property
    def message(self) -> str:
        return f"the model at {self.provider!r} closed the stream before the answer was finished; what came is kept"


class PluginUnusable(AppError):
    """An installed plugin that cannot be loaded, is of a wrong shape or wants a name that is taken."""

    kind, code = Kind.UNAVAILABLE, "plugins.unusable"
    name: str
    distribution: str
    version: str
    reason: str

    @property
    def message(self) -> str:
        return (
            f"the plugin {self.name!r} of {self.distribution} {self.version} cannot be used: {self.reason}; "
            f"mend or upgrade it, or remove it with `pip uninstall {self.distribution}`"
        )
