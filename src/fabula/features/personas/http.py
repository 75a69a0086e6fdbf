"""Routes of personas."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Path, UploadFile
from pydantic import AfterValidator, WithJsonSchema
from starlette.responses import Response

from fabula.core.ids import PersonaId
from fabula.engine.blobs import FileBlobs
from fabula.features import connections
from fabula.features.personas import read, write
from fabula.features.personas.schemas import PersonaChangeIn, PersonaIn, PersonaOut
from fabula.features.personas.types import PersonaPicture
from fabula.features.personas.write import NewPersona, PersonaChange
from fabula.http.deps import CallerDep
from fabula.http.document import faults
from fabula.http.params import LIMIT, Cursor, Limit, known_id
from fabula.http.schemas import PageOut

PersonaIdPath = Annotated[
    PersonaId,
    Path(alias="personaId"),
    AfterValidator(known_id),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]


def routes(blobs: FileBlobs) -> APIRouter:
    connections.register_binding("personaId", read.check_binding)
    router = APIRouter(prefix="/v1/personas", tags=["personas"])
    _add_crud(router)
    _add_avatars(router, blobs)
    return router


def _add_crud(router: APIRouter) -> None:
    @router.get("", summary="List personas, the oldest first")
    async def list_personas(call: CallerDep, limit: Limit = LIMIT, cursor: Cursor = None) -> PageOut[PersonaOut]:
        page = await call.read(read.list_personas, limit, cursor)
        return PageOut(items=[PersonaOut.of(p) for p in page.items], next_cursor=page.next_cursor)

    @router.post("", status_code=201, response_model=PersonaOut, summary="Create a persona")
    async def create_persona(call: CallerDep, body: PersonaIn) -> Response:
        new = NewPersona(body.name, body.description, body.is_default, body.settings)
        return await call.write(PersonaOut.of, 201, write.create, new)

    @router.get("/{personaId}", summary="Get a persona")
    async def get_persona(call: CallerDep, persona: PersonaIdPath) -> PersonaOut:
        return PersonaOut.of(await call.read(read.get_persona, persona))

    @router.patch("/{personaId}", response_model=PersonaOut, summary="Change a persona")
    async def change_persona(call: CallerDep, persona: PersonaIdPath, body: PersonaChangeIn) -> Response:
        wanted = PersonaChange(body.name, body.description, body.is_default, body.settings)
        return await call.write(PersonaOut.of, 200, write.change, persona, wanted)

    @router.delete("/{personaId}", status_code=204, summary="Delete a persona for good")
    async def delete_persona(call: CallerDep, persona: PersonaIdPath) -> Response:
        return await call.write(None, 204, write.delete, persona)


def _add_avatars(router: APIRouter, blobs: FileBlobs) -> None:
    @router.get(
        "/{personaId}/avatar",
        response_class=Response,
        responses={200: {"content": {"image/*": {}}, "description": "The picture"}},
        summary="Get a persona's picture",
    )
    async def get_persona_avatar(call: CallerDep, persona: PersonaIdPath) -> Response:
        picture = await call.read(read.get_picture, persona)
        return Response(await asyncio.to_thread(blobs.get, picture.blob), media_type=picture.media_type)

    @router.put(
        "/{personaId}/avatar",
        response_model=PersonaOut,
        responses=faults(415),
        summary="Give a persona a picture",
    )
    async def set_persona_avatar(
        call: CallerDep, persona: PersonaIdPath, file: Annotated[UploadFile, File()]
    ) -> Response:
        data = await file.read()
        media_type = write.media_type_of(data)
        picture = PersonaPicture(await asyncio.to_thread(blobs.put, data), media_type)
        return await call.write(PersonaOut.of, 200, write.set_avatar, persona, picture)
