"""Routes of imports from other systems; exports are formats of a chat's own export."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile
from pydantic import AfterValidator, WithJsonSchema
from starlette.responses import Response

from fabula.core.errors import invalid
from fabula.core.ids import ProfileId
from fabula.engine.blobs import BlobKey, FileBlobs
from fabula.engine.jobs import Jobs
from fabula.features.transfer.begin import import_archive
from fabula.features.transfer.once import run_once
from fabula.features.transfer.schemas import ChatImportOut, JobStartedOut
from fabula.features.transfer.source import check_directory
from fabula.features.transfer.upload import GivenFile, import_files
from fabula.http.deps import CallerDep
from fabula.http.params import optional_id

MAX_FILES = 100
ProfileIdQuery = Annotated[
    ProfileId | None,
    Query(
        alias="entityProfileId",
        description="The profile the chats are with; without it their character's name decides.",
    ),
    AfterValidator(optional_id),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]


def routes(blobs: FileBlobs, jobs: Jobs) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["imports"])

    @router.post("/chats/import", response_model=ChatImportOut, summary="Import SillyTavern chats (.jsonl)")
    async def import_chats(
        call: CallerDep, files: Annotated[list[UploadFile], File()], profile: ProfileIdQuery = None
    ) -> Response:
        if len(files) > MAX_FILES:
            raise invalid("body.files", f"at most {MAX_FILES} files at once")
        given = [_given(file) for file in files]

        async def work() -> str:
            items = await import_files(call.db, call.actor, profile, given)
            return ChatImportOut.of(items).model_dump_json(by_alias=True)

        body = await run_once(call.db, call.actor, call.operation, work)
        return Response(body, media_type="application/json")

    @router.post(
        "/imports/sillytavern",
        status_code=202,
        response_model=JobStartedOut,
        summary="Import a zip of a SillyTavern user's folder, as a job",
    )
    async def import_sillytavern(
        call: CallerDep,
        files: Annotated[list[UploadFile] | None, File(description="The zip; one.")] = None,
        file: Annotated[UploadFile | None, File(description="The same, under this name.")] = None,
    ) -> Response:
        given = [*(files or ()), *([file] if file else ())]
        if len(given) != 1:
            raise invalid("body.files", "give exactly one zip")
        archive = await asyncio.to_thread(_put, blobs, given[0])
        await jobs.ready()
        return await call.write(JobStartedOut.of, 202, import_archive, jobs.enqueue, archive)

    return router


def _given(upload: UploadFile) -> GivenFile:
    def read(most: int) -> bytes:
        upload.file.seek(0)
        return upload.file.read(most)

    return GivenFile(upload.filename or "chat.jsonl", read)


def _put(blobs: FileBlobs, upload: UploadFile) -> BlobKey:
    """Store an archive that can be one; blocking."""
    check_directory(upload.file, upload.size or 0)
    return blobs.passing.put_file(upload.file)
