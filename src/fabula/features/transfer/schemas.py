"""Imports over HTTP."""

from collections.abc import Sequence

from fabula.core.ids import ChatId, JobId
from fabula.features.transfer.types import Item, Note
from fabula.http.schemas import Out


class WarningOut(Out):
    code: str
    path: str
    message: str

    @classmethod
    def of(cls, note: Note) -> "WarningOut":
        return cls(code=note.code, path=note.path, message=note.message)


class ItemErrorOut(Out):
    code: str
    message: str


class ChatImportItemOut(Out):
    file: str
    status: str
    chat_id: ChatId | None
    name: str | None
    warnings: list[WarningOut]
    error: ItemErrorOut | None

    @classmethod
    def of(cls, item: Item) -> "ChatImportItemOut":
        return cls(
            file=item.file,
            status=item.status.value,
            chat_id=None if item.id is None else ChatId(item.id),
            name=item.name,
            warnings=[WarningOut.of(note) for note in item.notes],
            error=None if item.error is None else ItemErrorOut(code=item.error[0], message=item.error[1]),
        )


class ChatImportOut(Out):
    """What became of each file, in the order given."""

    items: list[ChatImportItemOut]

    @classmethod
    def of(cls, items: Sequence[Item]) -> "ChatImportOut":
        return cls(items=[ChatImportItemOut.of(item) for item in items])


class JobStartedOut(Out):
    """The job that imports; its progress and report are at `/v1/jobs/{jobId}`."""

    job_id: JobId

    @classmethod
    def of(cls, job: JobId) -> "JobStartedOut":
        return cls(job_id=job)
