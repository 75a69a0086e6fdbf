"""What can go wrong with a job, as its caller sees it."""

from fabula.core.errors import AppError, Kind
from fabula.core.ids import JobId


class JobsStarting(AppError):
    kind, code = Kind.UNAVAILABLE, "jobs.starting"

    @property
    def message(self) -> str:
        return "background jobs are still starting; nothing was changed, try again in a moment"

    @property
    def retry_after(self) -> float:
        return 1.0


class JobsNotMigrated(AppError):
    kind, code = Kind.UNAVAILABLE, "jobs.not_migrated"

    @property
    def message(self) -> str:
        return "the tables of background jobs are missing or old; run `fabula db migrate` (make a backup first)"


class JobIdTaken(AppError):
    kind, code = Kind.CONFLICT, "jobs.id_taken"
    job: JobId

    @property
    def message(self) -> str:
        return f"the job id {self.job!r} belongs to another job; make a new id for a new job"


class JobEnded(AppError):
    kind, code = Kind.CONFLICT, "jobs.ended"
    job: JobId
    status: str

    @property
    def message(self) -> str:
        return f"job {self.job!r} has ended as {self.status!r} and cannot be cancelled any more"


class JobNotRetryable(AppError):
    kind, code = Kind.CONFLICT, "jobs.not_retryable"
    job: JobId
    status: str

    @property
    def message(self) -> str:
        return f"job {self.job!r} is {self.status!r}; only a failed or cancelled job can be tried again"


class JobUnknown(AppError):
    kind, code = Kind.INTERNAL, "jobs.unknown"
    name: str

    @property
    def message(self) -> str:
        return f"this version has no handler for jobs named {self.name!r}; start the version that made the job"


class JobGaveUp(AppError):
    kind, code = Kind.INTERNAL, "jobs.gave_up"
    starts: int

    @property
    def message(self) -> str:
        return f"the job was started {self.starts} times and its process ended each time without progress"


class StepFailed(AppError):
    """A step failed; the same error again when the job is replayed after a restart."""

    kind, code = Kind.INTERNAL, "jobs.step_failed"
    step: str
    cause: str
    reason: str

    @property
    def message(self) -> str:
        return f"step {self.step!r} failed: {self.reason} ({self.cause})"
