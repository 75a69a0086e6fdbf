"""Routes of provider connections, generation presets and the models of this machine."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, WithJsonSchema
from starlette.responses import Response

from fabula.core.actor import Scope
from fabula.engine.jobs import Jobs
from fabula.features.connections import check, local_models, presets, read, write
from fabula.features.connections.choose import Connections
from fabula.features.connections.schemas import (
    CheckOut,
    ConnectionIn,
    ConnectionOut,
    ConnectionPatch,
    LocalModelOut,
    ModelOut,
    PresetIn,
    PresetOut,
    PresetPatch,
)
from fabula.features.connections.types import ConnectionFields, ConnectionId, PresetId
from fabula.http.deps import Caller, CallerDep
from fabula.http.document import faults
from fabula.http.jobs import JobOut
from fabula.http.params import LIMIT, Cursor, Limit, known_id
from fabula.http.schemas import PageOut
from fabula.providers.embedded import catalogue
from fabula.providers.embedded.pull import Source
from fabula.providers.embedded.weights import WeightsFolder

_ID = (AfterValidator(known_id), WithJsonSchema({"type": "string", "format": "uuid"}))
ConnectionIdPath = Annotated[ConnectionId, Path(alias="connectionId"), *_ID]
PresetIdPath = Annotated[PresetId, Path(alias="presetId"), *_ID]
Version = Annotated[int | None, Query(description="Refuse with 409 unless this is the current version.")]
LocalName = Annotated[str, Path(max_length=300)]


@dataclass(frozen=True, slots=True)
class LocalShelf:
    """Where this machine's models are, what can be had, and who fetches it."""

    folder: WeightsFolder
    sources: Mapping[str, Source]
    jobs: Jobs


def routes(connections: Connections, shelf: LocalShelf) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["connections"])
    _add_reading(router, connections)
    _add_writing(router, connections)
    _add_preset_reading(router)
    _add_preset_writing(router, connections)
    _add_local_models(router, shelf)
    return router


def _add_reading(router: APIRouter, connections: Connections) -> None:
    @router.get("/provider-connections", summary="List provider connections, the server's own first")
    async def list_connections(call: CallerDep, limit: Limit = LIMIT, cursor: Cursor = None) -> PageOut[ConnectionOut]:
        page = await call.read(read.list_connections, connections.built_in(), limit, cursor)
        return PageOut(items=[ConnectionOut.of(c) for c in page.items], next_cursor=page.next_cursor)

    @router.get("/provider-connections/{connectionId}", summary="Get a provider connection")
    async def get_connection(call: CallerDep, connection: ConnectionIdPath) -> ConnectionOut:
        return ConnectionOut.of(await call.read(read.get_connection, connections.built_in(), connection))

    @router.get(
        "/provider-connections/{connectionId}/models",
        responses=faults(502),
        summary="List the models a connection offers",
    )
    async def list_connection_models(call: CallerDep, connection: ConnectionIdPath) -> PageOut[ModelOut]:
        found = await check.list_models(call.db, call.actor, connections, connection)
        return PageOut(items=[ModelOut.of(model) for model in found], next_cursor=None)

    @router.post("/provider-connections/{connectionId}/check", summary="Call a connection and say how it went")
    async def check_connection(call: CallerDep, connection: ConnectionIdPath) -> CheckOut:
        return CheckOut.of(await check.check_connection(call.db, call.actor, connections, connection))


def _add_writing(router: APIRouter, connections: Connections) -> None:
    ring, defaults = connections.keyring, connections.defaults

    @router.post(
        "/provider-connections", status_code=201, response_model=ConnectionOut, summary="Create a provider connection"
    )
    async def create_connection(call: CallerDep, body: ConnectionIn) -> Response:
        return await call.write(
            ConnectionOut.of, 201, write.create_connection, ring, defaults, body.fields(), body.key()
        )

    @router.patch(
        "/provider-connections/{connectionId}",
        response_model=ConnectionOut,
        summary="Change what is given of a connection; at another server it needs its key again",
    )
    async def change_connection(call: CallerDep, connection: ConnectionIdPath, body: ConnectionPatch) -> Response:
        return await _update(call, connections, connection, body, body.onto)

    @router.put(
        "/provider-connections/{connectionId}",
        response_model=ConnectionOut,
        summary="Replace a connection; a key that is not given stays, unless the server is another one",
    )
    async def replace_connection(call: CallerDep, connection: ConnectionIdPath, body: ConnectionIn) -> Response:
        return await _update(call, connections, connection, body, lambda _: body.fields())

    @router.delete(
        "/provider-connections/{connectionId}", status_code=204, summary="Delete a connection and its key, for good"
    )
    async def delete_connection(call: CallerDep, connection: ConnectionIdPath, version: Version = None) -> Response:
        return await call.write(None, 204, write.delete_connection, defaults, connection, version)


async def _update(
    call: Caller,
    connections: Connections,
    connection: ConnectionId,
    body: ConnectionIn | ConnectionPatch,
    change: Callable[[ConnectionFields], ConnectionFields],
) -> Response:
    ring, defaults = connections.keyring, connections.defaults
    return await call.write(
        ConnectionOut.of,
        200,
        write.update_connection,
        ring,
        defaults,
        connection,
        change,
        body.key(),
        body.version,
    )


def _add_preset_reading(router: APIRouter) -> None:
    @router.get("/generation-presets", summary="List generation presets, the oldest first")
    async def list_presets(call: CallerDep, limit: Limit = LIMIT, cursor: Cursor = None) -> PageOut[PresetOut]:
        page = await call.read(read.list_presets, limit, cursor)
        return PageOut(items=[PresetOut.of(p) for p in page.items], next_cursor=page.next_cursor)

    @router.get("/generation-presets/{presetId}", summary="Get a generation preset")
    async def get_preset(call: CallerDep, preset: PresetIdPath) -> PresetOut:
        return PresetOut.of(await call.read(read.get_preset, preset))


def _add_preset_writing(router: APIRouter, connections: Connections) -> None:
    defaults = connections.defaults

    @router.post("/generation-presets", status_code=201, response_model=PresetOut, summary="Create a generation preset")
    async def create_preset(call: CallerDep, body: PresetIn) -> Response:
        return await call.write(PresetOut.of, 201, presets.create_preset, defaults, body.fields())

    @router.patch(
        "/generation-presets/{presetId}", response_model=PresetOut, summary="Change what is given of a preset"
    )
    async def change_preset(call: CallerDep, preset: PresetIdPath, body: PresetPatch) -> Response:
        return await call.write(PresetOut.of, 200, presets.update_preset, defaults, preset, body.onto, body.version)

    @router.put("/generation-presets/{presetId}", response_model=PresetOut, summary="Replace a preset")
    async def replace_preset(call: CallerDep, preset: PresetIdPath, body: PresetIn) -> Response:
        return await call.write(
            PresetOut.of, 200, presets.update_preset, defaults, preset, lambda _: body.fields(), body.version
        )

    @router.delete("/generation-presets/{presetId}", status_code=204, summary="Delete a preset, for good")
    async def delete_preset(call: CallerDep, preset: PresetIdPath, version: Version = None) -> Response:
        return await call.write(None, 204, presets.delete_preset, defaults, preset, version)


def _add_local_models(router: APIRouter, shelf: LocalShelf) -> None:
    folder, sources = shelf.folder, shelf.sources

    @router.get("/local-models", summary="List the models of this machine, and those that can be fetched")
    async def list_local_models(call: CallerDep) -> PageOut[LocalModelOut]:
        call.actor.require(Scope.WORKSHOP_READ)
        found = await asyncio.to_thread(catalogue.survey, folder, sources)
        return PageOut(items=[LocalModelOut.of(model) for model in found], next_cursor=None)

    @router.post(
        "/local-models/{name}/pull",
        status_code=202,
        response_model=JobOut,
        summary="Fetch a model, as a job; one that is there and whole is done at once",
    )
    async def pull_local_model(call: CallerDep, name: LocalName) -> Response:
        await shelf.jobs.ready()
        return await call.write(JobOut.of, 202, local_models.request_pull, shelf.jobs.enqueue, sources, name)

    @router.post(
        "/local-models/{name}/use", response_model=LocalModelOut, summary="Run this model from the next answer on"
    )
    async def use_local_model(call: CallerDep, name: LocalName) -> Response:
        call.actor.require(Scope.ADMIN)
        before = (await asyncio.to_thread(folder.read)).in_use
        choose = catalogue.find if await call.is_repeat() else catalogue.use
        chosen = await asyncio.to_thread(choose, folder, name, sources)
        return await call.write(LocalModelOut.of, 200, local_models.note_used, before, chosen)

    @router.delete(
        "/local-models/{name}",
        status_code=204,
        summary="Delete a model's file; one outside the models folder is only forgotten",
    )
    async def delete_local_model(call: CallerDep, name: LocalName) -> Response:
        known = await asyncio.to_thread(catalogue.survey, folder, sources)
        noted = await call.write(None, 204, local_models.note_deleted, known, name)
        # After the commit, so that a repeat of a request that was cut off here finishes it.
        if any(model.name == name and model.can_delete for model in known):
            await asyncio.to_thread(catalogue.delete, folder, name, sources)
        return noted
