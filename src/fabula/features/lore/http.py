"""Routes of lorebooks, their entries and bindings."""

import asyncio
import json
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Path, Query, UploadFile
from pydantic import AfterValidator, WithJsonSchema
from starlette.responses import Response

from fabula.core.errors import invalid
from fabula.features.lore import binding as bindings
from fabula.features.lore import entries, importing, library
from fabula.features.lore.entry_schemas import EntryIn, EntryOut, ReorderIn
from fabula.features.lore.files import ExportFormat, export
from fabula.features.lore.schemas import (
    BindingIn,
    BindingOut,
    BookChangeIn,
    BookIn,
    BookOut,
    BooksImportOut,
    TryOutIn,
    TryOutOut,
)
from fabula.features.lore.try_out import TryOut
from fabula.features.lore.types import BindingId, EntryId, LorebookId
from fabula.features.prompting import Scopes
from fabula.http.deps import CallerDep
from fabula.http.params import LIMIT, Cursor, Limit, known_id, optional_id
from fabula.http.schemas import PageOut

MAX_FILES = 100
_ID = (AfterValidator(known_id), WithJsonSchema({"type": "string", "format": "uuid"}))
BookPath = Annotated[LorebookId, Path(alias="lorebookId"), *_ID]
EntryPath = Annotated[EntryId, Path(alias="entryId"), *_ID]
BindingPath = Annotated[BindingId, Path(alias="bindingId"), *_ID]
VersionQuery = Annotated[int | None, Query()]


def routes(scopes: Scopes, try_out: TryOut) -> APIRouter:
    router = APIRouter(prefix="/v1/lorebooks", tags=["lore"])
    _add_files(router)
    _add_try_out(router, try_out)
    _add_books(router)
    _add_entries(router)
    _add_bindings(router, scopes)
    return router


def _add_files(router: APIRouter) -> None:
    @router.post("/import", response_model=BooksImportOut, summary="Import lorebook files")
    async def import_lorebooks(call: CallerDep, files: Annotated[list[UploadFile], File()]) -> Response:
        if len(files) > MAX_FILES:
            raise invalid("body.files", f"at most {MAX_FILES} files at once")
        parsed = []
        for file in files:
            data = await file.read()
            parsed.append(await asyncio.to_thread(importing.parse_file, file.filename or "lorebook", data))
        return await call.write(BooksImportOut.of, 200, importing.import_books, parsed)

    @router.get(
        "/{lorebookId}/export",
        response_class=Response,
        responses={200: {"content": {"application/json": {}}, "description": "The file"}},
        summary="Export a lorebook as a file",
    )
    async def export_lorebook(
        call: CallerDep,
        book: BookPath,
        to: Annotated[ExportFormat, Query(alias="format")] = ExportFormat.SILLYTAVERN,
    ) -> Response:
        stored, rows = await call.read(library.get_whole, book)
        content = await asyncio.to_thread(lambda: json.dumps(export(stored, rows, to), indent=4).encode())
        name = quote(f"{stored.name}.json", safe="")
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(content, media_type="application/json", headers=headers)


def _add_try_out(router: APIRouter, try_out: TryOut) -> None:
    @router.post("/test", summary="See what would fire, and why")
    async def test_lore(call: CallerDep, body: TryOutIn) -> TryOutOut:
        chat = optional_id(body.chat_id)
        books = None if body.lorebook_ids is None else [known_id(book) for book in body.lorebook_ids]
        return TryOutOut.of(await try_out(call.db, call.actor, body.text, chat, books))


def _add_books(router: APIRouter) -> None:
    @router.get("", summary="List lorebooks, the newest first")
    async def list_lorebooks(call: CallerDep, limit: Limit = LIMIT, cursor: Cursor = None) -> PageOut[BookOut]:
        page = await call.read(library.list_books, limit, cursor)
        return PageOut(items=[BookOut.of(b) for b in page.items], next_cursor=page.next_cursor)

    @router.post("", status_code=201, response_model=BookOut, summary="Create a lorebook")
    async def create_lorebook(call: CallerDep, body: BookIn) -> Response:
        return await call.write(BookOut.of, 201, library.create, body.name, body.fields(), body.extensions)

    @router.get("/{lorebookId}", summary="Get a lorebook")
    async def get_lorebook(call: CallerDep, book: BookPath) -> BookOut:
        return BookOut.of(await call.read(library.get_book, book))

    @router.patch("/{lorebookId}", response_model=BookOut, summary="Change a lorebook")
    async def change_lorebook(call: CallerDep, book: BookPath, body: BookChangeIn) -> Response:
        wanted = (body.fields(), body.extensions, body.version)
        return await call.write(BookOut.of, 200, library.change, book, *wanted)

    @router.put("/{lorebookId}", response_model=BookOut, summary="Change a lorebook, naming it")
    async def replace_lorebook(call: CallerDep, book: BookPath, body: BookIn) -> Response:
        wanted = (body.fields(), body.extensions, body.version)
        return await call.write(BookOut.of, 200, library.change, book, *wanted)

    @router.delete("/{lorebookId}", status_code=204, summary="Delete a lorebook for good")
    async def delete_lorebook(call: CallerDep, book: BookPath, version: VersionQuery = None) -> Response:
        return await call.write(None, 204, library.delete, book, version)


def _add_entries(router: APIRouter) -> None:
    @router.get("/{lorebookId}/entries", summary="List entries in insertion order")
    async def list_entries(
        call: CallerDep, book: BookPath, limit: Limit = LIMIT, cursor: Cursor = None
    ) -> PageOut[EntryOut]:
        page = await call.read(entries.list_entries, book, limit, cursor)
        return PageOut(items=[EntryOut.of(e) for e in page.items], next_cursor=page.next_cursor)

    @router.post("/{lorebookId}/entries", status_code=201, response_model=EntryOut, summary="Add an entry")
    async def create_entry(call: CallerDep, book: BookPath, body: EntryIn) -> Response:
        return await call.write(EntryOut.of, 201, entries.create, book, body.fields(), body.extensions)

    @router.post("/{lorebookId}/entries/reorder", status_code=204, summary="Put the entries in an order")
    async def reorder_entries(call: CallerDep, book: BookPath, body: ReorderIn) -> Response:
        return await call.write(None, 204, entries.reorder, book, [known_id(e) for e in body.entry_ids])

    @router.get("/{lorebookId}/entries/{entryId}", summary="Get an entry")
    async def get_entry(call: CallerDep, book: BookPath, entry: EntryPath) -> EntryOut:
        return EntryOut.of(await call.read(entries.get_entry, book, entry))

    @router.patch("/{lorebookId}/entries/{entryId}", response_model=EntryOut, summary="Change an entry")
    async def change_entry(call: CallerDep, book: BookPath, entry: EntryPath, body: EntryIn) -> Response:
        return await call.write(EntryOut.of, 200, entries.change, book, entry, body.fields(), body.extensions)

    @router.delete("/{lorebookId}/entries/{entryId}", status_code=204, summary="Delete an entry for good")
    async def delete_entry(call: CallerDep, book: BookPath, entry: EntryPath) -> Response:
        return await call.write(None, 204, entries.delete, book, entry)


def _add_bindings(router: APIRouter, scopes: Scopes) -> None:
    @router.get("/{lorebookId}/bindings", summary="List where a lorebook takes part")
    async def list_bindings(call: CallerDep, book: BookPath) -> PageOut[BindingOut]:
        found = await call.read(bindings.list_bindings, book)
        return PageOut(items=[BindingOut.of(b) for b in found], next_cursor=None)

    @router.post(
        "/{lorebookId}/bindings", status_code=201, response_model=BindingOut, summary="Let a lorebook take part"
    )
    async def bind_lorebook(call: CallerDep, book: BookPath, body: BindingIn) -> Response:
        scope_id = optional_id(body.scope_id)
        return await call.write(BindingOut.of, 201, bindings.bind, scopes, book, body.scope, scope_id)

    @router.delete("/{lorebookId}/bindings/{bindingId}", status_code=204, summary="Take a lorebook out")
    async def unbind_lorebook(call: CallerDep, book: BookPath, binding: BindingPath) -> Response:
        return await call.write(None, 204, bindings.unbind, book, binding)
