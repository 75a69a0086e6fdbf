"""Durable jobs: enqueued in the transaction that causes them, run at least once, finished once."""

from fabula.engine.job_record import Job, JobProgress, JobStatus
from fabula.engine.jobs.context import JobContext
from fabula.engine.jobs.errors import (
    JobEnded,
    JobIdTaken,
    JobNotRetryable,
    JobsNotMigrated,
    JobsStarting,
    JobUnknown,
    StepFailed,
)
from fabula.engine.jobs.library import Pace
from fabula.engine.jobs.migrate import migrate_jobs
from fabula.engine.jobs.queries import cancel_open_jobs, find_open_job, get_job, list_jobs
from fabula.engine.jobs.runner import Handler, Jobs

__all__ = [
    "Handler",
    "Job",
    "JobContext",
    "JobEnded",
    "JobIdTaken",
    "JobNotRetryable",
    "JobProgress",
    "JobStatus",
    "JobUnknown",
    "Jobs",
    "JobsNotMigrated",
    "JobsStarting",
    "Pace",
    "StepFailed",
    "cancel_open_jobs",
    "find_open_job",
    "get_job",
    "list_jobs",
    "migrate_jobs",
]
