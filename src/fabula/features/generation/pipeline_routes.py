"""Routes of pipelines, their runs, and the kinds of steps they may have."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, WithJsonSchema
from starlette.responses import Response

from fabula.core.actor import Actor, Scope
from fabula.core.ids import PipelineRunId
from fabula.db import ReadTx
from fabula.features.generation import pipeline_library, runs
from fabula.features.generation.pipeline_library import PipelineChange
from fabula.features.generation.pipeline_schemas import (
    PipelineChangeIn,
    PipelineIn,
    PipelineOut,
    PipelinePutIn,
    PipelineRunIn,
    PipelineRunOut,
    StepKindOut,
)
from fabula.features.generation.pipelines import PipelineId, StepKinds, read_definition
from fabula.features.generation.pipelines.kinds import DEFAULT_USE
from fabula.features.generation.read import get_generation
from fabula.features.generation.turn.begin_run import begin_run
from fabula.features.generation.turn.turns import Turns
from fabula.http.deps import CallerDep
from fabula.http.document import faults
from fabula.http.params import LIMIT, ChatIdQuery, Cursor, Limit, known_id, optional_id
from fabula.http.schemas import PageOut

_ID = (AfterValidator(known_id), WithJsonSchema({"type": "string", "format": "uuid"}))
PipelineIdPath = Annotated[PipelineId, Path(alias="pipelineId"), *_ID]
PipelineRunIdPath = Annotated[PipelineRunId, Path(alias="pipelineRunId"), *_ID]
PipelineIdQuery = Annotated[PipelineId | None, Query(alias="pipelineId"), AfterValidator(optional_id)]
VersionQuery = Annotated[int | None, Query(alias="version", ge=1, le=2**31 - 1)]


def add_pipelines(router: APIRouter, turns: Turns) -> None:
    kinds = turns.sources.kinds
    _add_reading(router, kinds)
    _add_writing(router, kinds)
    _add_runs(router, turns)


def _add_reading(router: APIRouter, kinds: StepKinds) -> None:
    @router.get("/pipelines", tags=["pipelines"], summary="List pipelines, the newest first")
    async def list_pipelines(call: CallerDep, limit: Limit = LIMIT, cursor: Cursor = None) -> PageOut[PipelineOut]:
        page = await call.read(pipeline_library.list_pipelines, limit, cursor)
        return PageOut(items=[PipelineOut.of(p) for p in page.items], next_cursor=page.next_cursor)

    @router.get("/pipelines/{pipelineId}", tags=["pipelines"], summary="Get a pipeline")
    async def get_pipeline(call: CallerDep, pipeline: PipelineIdPath) -> PipelineOut:
        return PipelineOut.of(await call.read(pipeline_library.get_pipeline, pipeline))

    @router.get("/pipeline-step-kinds", tags=["pipelines"], summary="List what a pipeline's steps can be")
    async def list_step_kinds(call: CallerDep) -> PageOut[StepKindOut]:
        call.actor.require(Scope.WORKSHOP_READ)
        found = [StepKindOut.of(kind, is_default=DEFAULT_USE.get(kind.type) == kind.name) for kind in kinds.all()]
        return PageOut(items=found, next_cursor=None)


def _add_writing(router: APIRouter, kinds: StepKinds) -> None:
    @router.post(
        "/pipelines", status_code=201, response_model=PipelineOut, tags=["pipelines"], summary="Create a pipeline"
    )
    async def create_pipeline(call: CallerDep, body: PipelineIn) -> Response:
        definition = await asyncio.to_thread(read_definition, body.definition, kinds)
        return await call.write(PipelineOut.of, 201, pipeline_library.create, body.name, body.enabled, definition)

    @router.patch(
        "/pipelines/{pipelineId}",
        response_model=PipelineOut,
        tags=["pipelines"],
        summary="Change what is given of a pipeline",
    )
    async def change_pipeline(call: CallerDep, pipeline: PipelineIdPath, body: PipelineChangeIn) -> Response:
        given = body.definition
        definition = None if given is None else await asyncio.to_thread(read_definition, given, kinds)
        wanted = PipelineChange(body.name, body.enabled, definition, body.version)
        return await call.write(PipelineOut.of, 200, pipeline_library.change, pipeline, wanted)

    @router.put("/pipelines/{pipelineId}", response_model=PipelineOut, tags=["pipelines"], summary="Replace a pipeline")
    async def replace_pipeline(call: CallerDep, pipeline: PipelineIdPath, body: PipelinePutIn) -> Response:
        definition = await asyncio.to_thread(read_definition, body.definition, kinds)
        wanted = PipelineChange(body.name, body.enabled, definition, body.version)
        return await call.write(PipelineOut.of, 200, pipeline_library.change, pipeline, wanted)

    @router.delete(
        "/pipelines/{pipelineId}",
        status_code=204,
        tags=["pipelines"],
        summary="Delete a pipeline for good; what binds it is answered by the default one",
    )
    async def delete_pipeline(call: CallerDep, pipeline: PipelineIdPath, version: VersionQuery = None) -> Response:
        return await call.write(None, 204, pipeline_library.delete, pipeline, version)


def _add_runs(router: APIRouter, turns: Turns) -> None:
    @router.post(
        "/pipelines/{pipelineId}/run",
        status_code=202,
        response_model=PipelineRunOut,
        responses=faults(429),
        tags=["pipelines"],
        summary="Run a pipeline at the end of a branch: a new answer there",
    )
    async def run_pipeline(call: CallerDep, pipeline: PipelineIdPath, body: PipelineRunIn) -> Response:
        chat, branch = known_id(body.chat_id), optional_id(body.branch_id)
        generation = await turns.start(call.actor, call.operation, begin_run, pipeline, chat, branch)

        def find(tx: ReadTx, actor: Actor) -> PipelineRunOut:
            run = get_generation(tx, actor, generation).pipeline_run_id
            assert run is not None
            return PipelineRunOut.of(runs.get_run(tx, actor, run))

        found = await call.read(find)
        return Response(found.model_dump_json(by_alias=True), 202, media_type="application/json")

    @router.get("/pipeline-runs", tags=["pipelines"], summary="List pipeline runs, the newest first")
    async def list_pipeline_runs(
        call: CallerDep,
        chat: ChatIdQuery = None,
        pipeline: PipelineIdQuery = None,
        limit: Limit = LIMIT,
        cursor: Cursor = None,
    ) -> PageOut[PipelineRunOut]:
        page = await call.read(runs.list_runs, chat, pipeline, limit, cursor)
        return PageOut(items=[PipelineRunOut.of(run) for run in page.items], next_cursor=page.next_cursor)

    @router.get("/pipeline-runs/{pipelineRunId}", tags=["pipelines"], summary="Get a pipeline run")
    async def get_pipeline_run(call: CallerDep, run: PipelineRunIdPath) -> PipelineRunOut:
        return PipelineRunOut.of(await call.read(runs.get_run, run))
