"""What can be wrong with pipelines and their steps."""

from fabula.core.errors import AppError, Kind
from fabula.features.generation.pipelines.types import Problem


class DefinitionInvalid(AppError):
    """A definition that cannot run is not saved; each problem names its field, and its place in a text."""

    kind, code = Kind.INVALID, "pipelines.definition_invalid"
    problems: tuple[Problem, ...]

    @property
    def message(self) -> str:
        return "; ".join(f"{p.path}: {p.message}" for p in self.problems)

    @property
    def details(self) -> dict[str, object] | None:
        found = [{"path": p.path, "message": p.message, "line": p.line, "column": p.column} for p in self.problems]
        return {"problems": found}


class PipelineNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "pipelines.not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no pipeline {self.id!r}"


class PipelineRunNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "pipelines.run_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no pipeline run {self.id!r}"


class PipelineDisabled(AppError):
    kind, code = Kind.CONFLICT, "pipelines.disabled"
    id: str

    @property
    def message(self) -> str:
        return "this pipeline is switched off; switch it on to run it"


class PipelineVersionConflict(AppError):
    """The caller's copy is old; `current` is the pipeline as it stands."""

    kind, code = Kind.CONFLICT, "pipelines.version_conflict"
    current: dict[str, object]

    @property
    def message(self) -> str:
        return "somebody changed this pipeline meanwhile; look at the current one and decide again"


class StepFailed(AppError):
    """A required step failed, so its run ends; `cause` is the code of what went wrong, `reason` what it said."""

    kind, code = Kind.UPSTREAM, "pipelines.step_failed"
    step: str
    cause: str
    reason: str

    @property
    def message(self) -> str:
        return f"step {self.step!r} failed: {self.reason}"


class StepTimeout(AppError):
    kind, code = Kind.UPSTREAM, "pipelines.step_timeout"
    seconds: float

    @property
    def message(self) -> str:
        return f"it took longer than {self.seconds:g} s"


class StepBroken(AppError):
    """A plugin raised what no step may raise; the log has it."""

    kind, code = Kind.INTERNAL, "pipelines.step_broken"

    @property
    def message(self) -> str:
        return "the step broke; the log says why"


class ResultInvalid(AppError):
    """A plugin's step made what its contract does not allow."""

    kind, code = Kind.INTERNAL, "pipelines.result_invalid"
    reason: str

    @property
    def message(self) -> str:
        return f"what the step made cannot be used: {self.reason}; its plugin must be mended"


class PatternTimeout(AppError):
    kind, code = Kind.INVALID, "pipelines.pattern_timeout"
    rule: int
    seconds: float

    @property
    def message(self) -> str:
        return f"the patterns took longer than {self.seconds:g} s together; rule {self.rule} was the last one tried"


class TextTooLong(AppError):
    kind, code = Kind.TOO_LARGE, "pipelines.text_too_long"
    limit: int

    @property
    def message(self) -> str:
        return f"the text a step made is longer than {self.limit:,} characters"


class StepMisused(AppError):
    """A step asked for what it cannot have at its place in the pipeline."""

    kind, code = Kind.INVALID, "pipelines.step_misused"
    reason: str

    @property
    def message(self) -> str:
        return self.reason
