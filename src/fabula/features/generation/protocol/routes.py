"""The routes of the OpenAI protocol, and how their errors look."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from fabula.features.generation.protocol import models
from fabula.features.generation.protocol.asked import read
from fabula.features.generation.protocol.completions import Completions
from fabula.features.generation.protocol.faults import shape
from fabula.features.generation.schemas import CompletionIn, CompletionOut, ForeignErrorOut, ModelListOut, ModelOut
from fabula.http.deps import CallerDep
from fabula.http.errors import ErrorShape

_JSON = "application/json"
# By the beginning of their paths: also what fails before a route is reached looks as the protocol's clients expect.
ERROR_SHAPES: Mapping[str, ErrorShape] = {"/v1/models": shape, "/v1/chat/completions": shape}
_FAULT: dict[str, Any] = {"model": ForeignErrorOut}
_LISTING: dict[int | str, dict[str, Any]] = {400: {**_FAULT, "description": "Bad input; `param` is its place"}}
_READING: dict[int | str, dict[str, Any]] = {
    **_LISTING,
    404: {**_FAULT, "description": "No such model"},
}
_ANSWERING: dict[int | str, dict[str, Any]] = {
    **_READING,
    200: {"content": {"text/event-stream": {}}, "description": "The answer, whole or as a stream of chunks"},
    409: {**_FAULT, "description": "The operation id, or the chosen connection, does not fit"},
    413: {**_FAULT, "description": "A message or the body is too large"},
    429: {**_FAULT, "description": "Too many streams, or the provider asks to wait"},
    502: {**_FAULT, "description": "The provider failed"},
    503: {**_FAULT, "description": "No answer can be given now"},
    504: {**_FAULT, "description": "The provider sent nothing"},
}


def add_routes(router: APIRouter, completions: Completions) -> None:
    @router.get("/models", response_model=ModelListOut, responses=_LISTING, summary="List profiles as models")
    async def list_models(call: CallerDep) -> Response:
        pieces = models.list_models(call)
        first = await anext(pieces)  # what fails here is still an ordinary error

        async def body() -> AsyncIterator[bytes]:
            yield first
            async for piece in pieces:
                yield piece

        return StreamingResponse(body(), media_type=_JSON)

    @router.get("/models/{model:path}", response_model=ModelOut, responses=_READING, summary="Get a profile as a model")
    async def get_model(call: CallerDep, model: str) -> Response:
        found = await completions.get_model(call, model)
        return Response(models.describe(found), media_type=_JSON)

    @router.post(
        "/chat/completions",
        response_model=CompletionOut,
        responses=_ANSWERING,
        summary="Answer the given messages as a profile would; nothing is kept but the generation",
    )
    async def complete(call: CallerDep, request: Request, body: CompletionIn) -> Response:
        return await completions.answer(call, request, read(body))
