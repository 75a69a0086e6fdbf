"""Routes of entity profiles."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Header, Query, UploadFile
from starlette.responses import Response

from fabula.core.errors import invalid
from fabula.engine.blobs import FileBlobs
from fabula.engine.jobs import Jobs
from fabula.features.profiles import exporting, read, write
from fabula.features.profiles.cards import DEFAULT_LIMITS, ExportFormat, ExportSpec, Report, media_type, normalise_data
from fabula.features.profiles.errors import PictureTooLarge, PictureUnsupported
from fabula.features.profiles.importing import (
    CARDS_AT_ONCE,
    ParsedFile,
    has_pictures,
    import_cards,
    import_last_cards,
    parse_files,
)
from fabula.features.profiles.schemas import MAX_VERSION, FavouriteIn, ImportOut, ProfileIn, ProfileOut, TagOut
from fabula.features.profiles.thumbnails import THUMBNAIL_TYPE
from fabula.features.profiles.types import Draft, Picture, Sort, Wanted
from fabula.http.deps import Caller, CallerDep
from fabula.http.document import faults
from fabula.http.params import LIMIT, Cursor, Limit, ProfileIdPath
from fabula.http.schemas import PageOut

MAX_FILES = 100
MAX_PICTURE_BYTES = 20_000_000
_UPLOADED = frozenset({"image/png", "image/jpeg", "image/webp"})
# What may be shown as a picture; anything else, SVG with its scripts above all, goes out as plain bytes.
_SHOWN = _UPLOADED | {"image/apng", "image/gif", "image/avif"}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_CARD = {"image/*": _BYTES, "application/json": {}, "application/*": _BYTES}
_PICTURE = {"image/*": _BYTES, "application/octet-stream": _BYTES}

Version = Annotated[int | None, Query(ge=1, le=MAX_VERSION, description="Refuse unless this is the current version.")]
Part = Annotated[str, Query(max_length=500)]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=2_000)]


def routes(blobs: FileBlobs, jobs: Jobs) -> APIRouter:
    router = APIRouter(prefix="/v1/entity-profiles", tags=["entity profiles"])
    _add_reading(router)
    _add_writing(router, jobs)
    _add_cards(router, blobs, jobs)
    _add_pictures(router, blobs, jobs)
    return router


def _add_reading(router: APIRouter) -> None:
    @router.get("", summary="List profiles")
    async def list_profiles(
        call: CallerDep,
        q: Annotated[Part, Query(description="Part of the name.")] = "",
        tag: Annotated[Part, Query(description="A whole tag.")] = "",
        favourite: bool | None = None,
        sort: Sort = Sort.CREATED,
        limit: Limit = LIMIT,
        cursor: Cursor = None,
    ) -> PageOut[ProfileOut]:
        page = await call.read(read.list_profiles, limit, cursor, Wanted(q, tag, favourite, sort))
        return PageOut(items=[ProfileOut.of(p) for p in page.items], next_cursor=page.next_cursor)

    @router.get("/tags", summary="List the tags that profiles have, by name")
    async def list_tags(call: CallerDep, limit: Limit = LIMIT, cursor: Cursor = None) -> PageOut[TagOut]:
        page = await call.read(read.list_tags, limit, cursor)
        return PageOut(items=[TagOut.of(found) for found in page.items], next_cursor=page.next_cursor)

    @router.get("/{profileId}", summary="Get a profile")
    async def get_profile(call: CallerDep, profile: ProfileIdPath) -> ProfileOut:
        return ProfileOut.of(await call.read(read.get_profile, profile))


def _add_writing(router: APIRouter, jobs: Jobs) -> None:
    @router.post("", status_code=201, response_model=ProfileOut, summary="Create a profile")
    async def create_profile(call: CallerDep, body: ProfileIn) -> Response:
        draft = await asyncio.to_thread(_draft, body)
        return await call.write(ProfileOut.of, 201, write.create, draft)

    @router.put("/{profileId}", response_model=ProfileOut, summary="Replace what a profile says")
    async def edit_profile(call: CallerDep, profile: ProfileIdPath, body: ProfileIn) -> Response:
        draft = await asyncio.to_thread(_draft, body)
        return await call.write(ProfileOut.of, 200, write.edit, profile, draft, body.version)

    @router.delete("/{profileId}", status_code=204, summary="Delete a profile; `restore` brings it back")
    async def delete_profile(call: CallerDep, profile: ProfileIdPath, version: Version = None) -> Response:
        return await call.write(None, 204, write.delete, profile, version)

    @router.post("/{profileId}/restore", response_model=ProfileOut, summary="Bring a deleted profile back")
    async def restore_profile(call: CallerDep, profile: ProfileIdPath) -> Response:
        return await call.write(ProfileOut.of, 200, write.restore, profile)

    @router.post("/{profileId}/favourite", response_model=ProfileOut, summary="Mark a profile as a favourite, or not")
    async def mark_profile(call: CallerDep, profile: ProfileIdPath, body: FavouriteIn) -> Response:
        return await call.write(ProfileOut.of, 200, write.set_favourite, profile, favourite=body.favourite)

    @router.post("/{profileId}/duplicate", status_code=201, response_model=ProfileOut, summary="Copy a profile")
    async def duplicate_profile(call: CallerDep, profile: ProfileIdPath) -> Response:
        await call.read(read.get_profile, profile)
        await jobs.ready()
        return await call.write(ProfileOut.of, 201, write.duplicate, profile, jobs.enqueue)


def _add_cards(router: APIRouter, blobs: FileBlobs, jobs: Jobs) -> None:
    @router.post("/import", response_model=ImportOut, summary="Import character cards")
    async def import_profiles(call: CallerDep, files: Annotated[list[UploadFile], File()]) -> Response:
        if len(files) > MAX_FILES:
            raise invalid("body.files", f"at most {MAX_FILES} files at once")
        parsed = await parse_files(blobs, [(file.filename or "card", file.file.read) for file in files])
        if has_pictures(parsed):
            await jobs.ready()
        return await _store(call, parsed, jobs)

    @router.get(
        "/{profileId}/export",
        response_class=Response,
        responses={200: {"content": _CARD, "description": "The card as a file"}},
        summary="Export a profile as a character card",
    )
    async def export_profile(
        call: CallerDep,
        profile: ProfileIdPath,
        to: Annotated[ExportFormat | None, Query(alias="format", description="By default as it was imported.")] = None,
        spec: ExportSpec = ExportSpec.ORIGINAL,
    ) -> Response:
        card = await call.read(read.get_card, profile)
        file = await asyncio.to_thread(exporting.write_card, blobs, card, to, spec)
        headers = {"content-disposition": _attachment(file.name), "cache-control": "private, no-store"}
        return Response(file.content, media_type=file.media_type, headers=headers)


async def _store(call: Caller, parsed: Sequence[ParsedFile], jobs: Jobs) -> Response:
    """Store what was read, some cards at a time. The last ones make the operation's answer true.

    Whoever repeats a request that was cut off before finds what it stored by its content: nothing is stored twice.
    """
    *parts, last = [parsed[first : first + CARDS_AT_ONCE] for first in range(0, len(parsed), CARDS_AT_ONCE)]
    if parts and await call.is_repeat():
        parts = []
    stored = [item for part in parts for item in await call.db.write(call.actor, import_cards, part, jobs.enqueue)]
    return await call.write(ImportOut.of, 200, import_last_cards, stored, last, jobs.enqueue)


def _add_pictures(router: APIRouter, blobs: FileBlobs, jobs: Jobs) -> None:
    @router.get(
        "/{profileId}/avatar",
        response_class=Response,
        responses={200: {"content": _PICTURE, "description": "The picture"}, 304: {"description": "Not changed"}},
        summary="Get a profile's picture, or a small one of at most 256 pixels once it is made",
    )
    async def get_avatar(
        call: CallerDep,
        profile: ProfileIdPath,
        size: Literal["full", "thumb"] = "full",
        known: IfNoneMatch = None,
    ) -> Response:
        picture = await call.read(read.get_picture, profile)
        small = picture.thumbnail if size == "thumb" else None
        key, kind = (picture.avatar, picture.media_type) if small is None else (small, THUMBNAIL_TYPE)
        # The address stays when the picture changes, so browsers keep it and ask each time: a 304 costs one read.
        headers = {"etag": f'"{key}"', "cache-control": "private, no-cache"}
        if known is not None and headers["etag"] in known:
            return Response(status_code=304, headers=headers)
        content = await asyncio.to_thread(blobs.get, key)
        return Response(content, media_type=kind if kind in _SHOWN else "application/octet-stream", headers=headers)

    @router.put(
        "/{profileId}/avatar",
        response_model=ProfileOut,
        responses=faults(415),
        summary="Give a profile another picture",
    )
    async def change_avatar(
        call: CallerDep,
        profile: ProfileIdPath,
        file: Annotated[UploadFile, File(description="PNG, JPEG or WebP.")],
        version: Annotated[int | None, Form(ge=1, le=MAX_VERSION)] = None,
    ) -> Response:
        await call.read(read.get_profile, profile)
        avatar = await asyncio.to_thread(_put_picture, blobs, file)
        await jobs.ready()
        return await call.write(ProfileOut.of, 200, write.change_avatar, profile, avatar, version, jobs.enqueue)


def _draft(body: ProfileIn) -> Draft:
    settings = None if body.settings is None else body.settings.stored()
    return Draft(body.name, normalise_data(body.spec, DEFAULT_LIMITS, Report()), body.tags, settings)


def _put_picture(blobs: FileBlobs, file: UploadFile) -> Picture:
    """Store an uploaded picture by the type its first bytes tell. Blocking."""
    content = file.file.read(MAX_PICTURE_BYTES + 1)
    if len(content) > MAX_PICTURE_BYTES:
        raise PictureTooLarge(MAX_PICTURE_BYTES)
    kind = media_type(content)
    if kind is None or kind not in _UPLOADED:
        raise PictureUnsupported
    return Picture(blobs.put(content), kind, None)


def _attachment(name: str) -> str:
    """`Content-Disposition` after RFC 6266: an ASCII name for old clients, the whole one after RFC 5987."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
