"""Routes of entity profiles."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, File, Query, UploadFile
from starlette.responses import Response

from fabula.core.errors import invalid
from fabula.engine.blobs import FileBlobs
from fabula.features.profiles import importing, read, write
from fabula.features.profiles.cards import DEFAULT_LIMITS, Report, normalise_data
from fabula.features.profiles.schemas import ImportOut, ProfileIn, ProfileOut
from fabula.features.profiles.types import NewProfile
from fabula.http.deps import CallerDep
from fabula.http.params import LIMIT, Cursor, Limit, ProfileIdPath
from fabula.http.schemas import PageOut
from fabula.plugins import Json

MAX_FILES = 100
_PRIVATE = {"cache-control": "private, max-age=31536000, immutable"}


def routes(blobs: FileBlobs) -> APIRouter:
    router = APIRouter(prefix="/v1/entity-profiles", tags=["entity profiles"])
    _add_reading(router, blobs)
    _add_writing(router, blobs)
    return router


def _add_reading(router: APIRouter, blobs: FileBlobs) -> None:
    @router.get("", summary="List profiles, the newest first")
    async def list_profiles(call: CallerDep, limit: Limit = LIMIT, cursor: Cursor = None) -> PageOut[ProfileOut]:
        page = await call.read(read.list_profiles, limit, cursor)
        return PageOut(items=[ProfileOut.of(p) for p in page.items], next_cursor=page.next_cursor)

    @router.get("/{profileId}", summary="Get a profile")
    async def get_profile(call: CallerDep, profile: ProfileIdPath) -> ProfileOut:
        return ProfileOut.of(await call.read(read.get_profile, profile))

    @router.get("/{profileId}/avatar", summary="Get a profile's picture", response_class=Response)
    async def get_avatar(
        call: CallerDep, profile: ProfileIdPath, size: Annotated[Literal["full", "thumb"], Query()] = "full"
    ) -> Response:
        picture = await call.read(read.get_picture, profile)
        if size == "thumb" and picture.thumbnail is not None:
            content = await asyncio.to_thread(blobs.get, picture.thumbnail)
            return Response(content, media_type="image/webp", headers=_PRIVATE)
        content = await asyncio.to_thread(blobs.get, picture.avatar)
        return Response(content, media_type=picture.media_type)


def _add_writing(router: APIRouter, blobs: FileBlobs) -> None:
    @router.post("", status_code=201, response_model=ProfileOut, summary="Create a profile")
    async def create_profile(call: CallerDep, body: ProfileIn) -> Response:
        return await call.write(ProfileOut.of, 201, write.create, _new_profile(body))

    @router.post("/import", response_model=ImportOut, summary="Import character cards")
    async def import_profiles(call: CallerDep, files: Annotated[list[UploadFile], File()]) -> Response:
        if len(files) > MAX_FILES:
            raise invalid("body.files", f"at most {MAX_FILES} files at once")
        parsed = []
        for file in files:
            data = await file.read()
            parsed.append(await asyncio.to_thread(importing.parse_file, blobs, file.filename or "card", data))
        return await call.write(ImportOut.of, 200, importing.import_cards, parsed)

    @router.delete("/{profileId}", status_code=204, summary="Delete a profile; `restore` brings it back")
    async def delete_profile(call: CallerDep, profile: ProfileIdPath) -> Response:
        return await call.write(None, 204, write.delete, profile)

    @router.post("/{profileId}/restore", response_model=ProfileOut, summary="Bring a deleted profile back")
    async def restore_profile(call: CallerDep, profile: ProfileIdPath) -> Response:
        return await call.write(ProfileOut.of, 200, write.restore, profile)


def _new_profile(body: ProfileIn) -> NewProfile:
    given = {**body.spec, **({"name": body.name} if body.name else {})}
    spec = normalise_data(given, DEFAULT_LIMITS, Report())
    tags: list[str] = list(body.tags) if body.tags is not None else importing.tags_of(spec)
    name = importing.storable_name(spec.get("name"))
    return NewProfile(name, {**spec, "tags": list[Json](tags)}, tags, None, None, None, None, None, None)
