"""What can be wrong with the embedded model and with weights, each with the next thing to do."""

from fabula.core.errors import AppError, Kind
from fabula.plugins.errors import ModelError


class ModelNotReady(ModelError):
    """There are no weights to run."""

    kind, code = Kind.UNAVAILABLE, "model.not_ready"

    @property
    def message(self) -> str:
        return "no model yet; run `fabula models pull`, or set FABULA_MODEL_URL to an OpenAI-compatible server"


class ModelNotStarted(ModelError):
    """There are weights, but the child process that serves them did not come up."""

    kind, code = Kind.UNAVAILABLE, "model.not_started"
    reason: str

    @property
    def message(self) -> str:
        return f"the embedded model did not start: {self.reason}"


class WeightsUnknown(AppError):
    kind, code = Kind.NOT_FOUND, "weights.unknown"
    name: str

    @property
    def message(self) -> str:
        return (
            f"there is no model {self.name!r} here; `fabula models list` shows what there is, "
            "`fabula models pull` fetches the default one, and a path to any .gguf file will do"
        )


class WeightsNotHere(AppError):
    kind, code = Kind.CONFLICT, "weights.not_here"
    name: str

    @property
    def message(self) -> str:
        return f"the model {self.name!r} is not on this machine; pull it, or bring its file back"


class WeightsInUse(AppError):
    kind, code = Kind.CONFLICT, "weights.in_use"
    name: str

    @property
    def message(self) -> str:
        return f"the model {self.name!r} is in use; use another one first"


class WeightsBroken(AppError):
    kind, code = Kind.INVALID, "weights.broken"
    path: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.path!r} is not a model this server can run: {self.reason}"


class ManifestBroken(AppError):
    kind, code = Kind.INTERNAL, "weights.manifest_broken"
    path: str
    reason: str

    @property
    def message(self) -> str:
        return f"cannot read {self.path!r}: {self.reason}; delete it and run `fabula models pull` again"


class ChecksumWrong(AppError):
    """The file is not the one pinned here; it has been deleted."""

    kind, code = Kind.UPSTREAM, "weights.checksum"
    file: str
    expected: str
    found: str

    @property
    def message(self) -> str:
        return (
            f"{self.file!r} has SHA-256 {self.found}, not {self.expected}; it was deleted. "
            "Try again; if it stays so, the package source does not serve the published file"
        )


class PullFailed(AppError):
    kind, code = Kind.UPSTREAM, "weights.pull_failed"
    name: str
    reason: str

    @property
    def message(self) -> str:
        return (
            f"cannot fetch {self.name!r}: {self.reason}. Check the network and pull again, or use a file of your "
            "own: put it into the models folder, or `fabula models use PATH.gguf`"
        )


class PullRunning(AppError):
    kind, code = Kind.CONFLICT, "weights.busy"
    folder: str

    @property
    def message(self) -> str:
        return f"another pull or command is changing {self.folder!r}; wait for it to finish"


class NoSpace(AppError):
    kind, code = Kind.UNAVAILABLE, "weights.no_space"
    folder: str
    needed: int
    free: int

    @property
    def message(self) -> str:
        return f"{self.folder!r} needs {self.needed >> 20} MiB free and has {self.free >> 20} MiB"
