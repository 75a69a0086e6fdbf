"""Routes that start, follow, stop and explain answers."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from fabula.core.actor import Actor
from fabula.core.ids import GenerationId
from fabula.db import ReadTx
from fabula.features import conversations
from fabula.features.connections import Connections
from fabula.features.conversations import ChatOut, MessageOut
from fabula.features.generation import read
from fabula.features.generation.block_schemas import stored_blocks
from fabula.features.generation.pipeline_routes import add_pipelines
from fabula.features.generation.protocol import Completions, add_routes
from fabula.features.generation.schemas import (
    EditIn,
    GenerateIn,
    GenerationOut,
    MessageIn,
    RegenerateIn,
    StartChatIn,
    TraceOut,
)
from fabula.features.generation.turn.begin import begin_continue, begin_impersonate, begin_reply, begin_variant
from fabula.features.generation.turn.turns import (
    Turns,
    live_in_chat,
    live_of_message,
    live_on_branch,
    post_message,
    save_edit,
    start_tale,
)
from fabula.features.generation.types import GenerationStatus, Mode
from fabula.http.deps import Caller, CallerDep
from fabula.http.document import faults
from fabula.http.params import (
    LIMIT,
    BranchIdPath,
    BranchIdQuery,
    ChatIdPath,
    ChatIdQuery,
    Cursor,
    GenerationIdPath,
    LastEventId,
    Limit,
    MessageIdPath,
    ProfileIdPath,
    optional_id,
)
from fabula.http.schemas import PageOut
from fabula.http.sse import EventStream

VersionQuery = Annotated[int | None, Query(alias="version", ge=1, le=2**31 - 1)]
_STREAM: dict[int | str, dict[str, Any]] = {
    **faults(429),
    200: {"content": {"text/event-stream": {}}, "description": "The answer as a stream of frames"},
}
_TURN: dict[int | str, dict[str, Any]] = {
    **_STREAM,
    202: {"model": GenerationOut, "description": "The answer is being written"},
}


def routes(turns: Turns) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["generation"])
    _add_chats(router, turns)
    _add_messages(router, turns)
    _add_turns(router, turns)
    _add_generations(router, turns)
    add_pipelines(router, turns)
    return router


def protocol_routes(turns: Turns, connections: Connections) -> APIRouter:
    """The OpenAI protocol, at the paths its clients expect."""
    router = APIRouter(prefix="/v1", tags=["openai"])
    add_routes(router, Completions(turns, connections))
    return router


def _add_chats(router: APIRouter, turns: Turns) -> None:
    @router.post("/entity-profiles/{profileId}/chats", status_code=201, response_model=ChatOut, summary="Start a chat")
    async def start_chat(call: CallerDep, profile: ProfileIdPath, body: StartChatIn | None = None) -> Response:
        return await call.write(ChatOut.of, 201, start_tale, profile, body.title if body else "")

    @router.delete("/chats/{chatId}", status_code=204, summary="Delete a chat; `restore` brings it back")
    async def remove_chat(call: CallerDep, chat: ChatIdPath, version: VersionQuery = None) -> Response:
        if not await call.is_repeat():
            await turns.abort_all(call.actor, live_in_chat, chat, version)
        return await call.write(None, 204, conversations.delete.chat, chat, version)

    @router.delete(
        "/chats/{chatId}/branches/{branchId}", status_code=204, summary="Delete a branch; `restore` brings it back"
    )
    async def remove_branch(call: CallerDep, chat: ChatIdPath, branch: BranchIdPath) -> Response:
        if not await call.is_repeat():
            await turns.abort_all(call.actor, live_on_branch, chat, branch)
        return await call.write(None, 204, conversations.delete.branch, chat, branch)


def _add_messages(router: APIRouter, turns: Turns) -> None:
    @router.patch("/messages/{messageId}", response_model=MessageOut, summary="Edit a message: a new variant of it")
    async def edit_message(
        call: CallerDep, message: MessageIdPath, body: EditIn, branch: BranchIdQuery = None
    ) -> Response:
        turns.check_length(body.prompt_text or "")
        on = optional_id(body.branch_id) or branch
        keeps = "blocks" not in body.model_fields_set
        wanted = conversations.edit.Edit(body.prompt_text, None, stored_blocks(body.blocks), keeps)
        return await call.write(MessageOut.of, 200, save_edit, turns, message, on, body.version, wanted)

    @router.delete("/messages/{messageId}", status_code=204, summary="Delete a message; `restore` brings it back")
    async def remove_message(call: CallerDep, message: MessageIdPath, version: VersionQuery = None) -> Response:
        if not await call.is_repeat():
            await turns.abort_all(call.actor, live_of_message, message, version)
        return await call.write(None, 204, conversations.delete.message, message, version)

    @router.post(
        "/messages/{messageId}/regenerate",
        status_code=202,
        response_model=GenerationOut,
        responses=_TURN,
        summary="Write another variant of an answer",
    )
    async def regenerate(
        call: CallerDep,
        message: MessageIdPath,
        branch: BranchIdQuery = None,
        body: RegenerateIn | None = None,
    ) -> Response:
        on = (body and optional_id(body.branch_id)) or branch
        found = await turns.start(call.actor, call.operation, begin_variant, message, on)
        return await _answer(call, turns, found)


def _add_turns(router: APIRouter, turns: Turns) -> None:
    @router.post(
        "/chats/{chatId}/messages",
        status_code=201,
        response_model=MessageOut,
        responses=_STREAM,
        summary="Post a message; as a stream, with the answer to it",
    )
    async def post(call: CallerDep, chat: ChatIdPath, body: MessageIn) -> Response:
        branch = optional_id(body.branch_id)
        draft = turns.draft(call.actor, body.role, body.prompt_text, stored_blocks(body.blocks))
        if not call.wants_stream:
            return await call.write(MessageOut.of, 201, post_message, turns, chat, branch, draft)
        generation = await turns.start(call.actor, call.operation, begin_reply, chat, branch, draft)
        return EventStream(await turns.follow(call.actor, generation, None))

    @router.post(
        "/chats/{chatId}/generate",
        status_code=202,
        response_model=GenerationOut,
        responses=_TURN,
        summary="Answer, continue the last answer, or write as the user",
    )
    async def generate(call: CallerDep, chat: ChatIdPath, body: GenerateIn | None = None) -> Response:
        wish = body or GenerateIn()
        branch = optional_id(wish.branch_id)
        if wish.mode is Mode.REPLY:
            found = await turns.start(call.actor, call.operation, begin_reply, chat, branch, None)
        elif wish.mode is Mode.CONTINUE:
            found = await turns.start(call.actor, call.operation, begin_continue, chat, branch)
        else:
            found = await turns.start(call.actor, call.operation, begin_impersonate, chat, branch)
        return await _answer(call, turns, found)


def _add_generations(router: APIRouter, turns: Turns) -> None:
    @router.get("/generations", summary="List generations, the newest first")
    async def list_generations(
        call: CallerDep,
        chat: ChatIdQuery = None,
        status: Annotated[GenerationStatus | None, Query()] = None,
        limit: Limit = LIMIT,
        cursor: Cursor = None,
    ) -> PageOut[GenerationOut]:
        page = await call.read(read.list_generations, chat, status, limit, cursor)
        return PageOut(items=[GenerationOut.of(g) for g in page.items], next_cursor=page.next_cursor)

    @router.get("/generations/{generationId}", summary="Get a generation")
    async def get_generation(call: CallerDep, generation: GenerationIdPath) -> GenerationOut:
        return GenerationOut.of(await call.read(read.get_generation, generation))

    @router.get(
        "/generations/{generationId}/events",
        responses=_STREAM,
        response_class=Response,
        summary="Follow an answer, from the start or from `Last-Event-ID`",
    )
    async def follow(call: CallerDep, generation: GenerationIdPath, last_id: LastEventId = None) -> Response:
        turns.check_room()
        return EventStream(await turns.follow(call.actor, generation, last_id))

    @router.post(
        "/generations/{generationId}/abort", status_code=202, response_model=GenerationOut, summary="Stop an answer"
    )
    async def abort(call: CallerDep, generation: GenerationIdPath) -> Response:
        if not await call.is_repeat():
            await turns.abort(call.actor, generation)
        return await call.write(GenerationOut.of, 202, read.get_generation, generation)

    @router.get("/generations/{generationId}/trace", summary="Explain an answer")
    async def get_trace(call: CallerDep, generation: GenerationIdPath) -> TraceOut:
        return TraceOut.of(await call.read(read.get_trace, generation))


async def _answer(call: Caller, turns: Turns, generation: GenerationId) -> Response:
    if call.wants_stream:
        return EventStream(await turns.follow(call.actor, generation, None))
    return await _accepted(call, generation)


async def _accepted(call: Caller, generation: GenerationId) -> Response:
    def find(tx: ReadTx, actor: Actor) -> GenerationOut:
        return GenerationOut.of(read.get_generation(tx, actor, generation))

    found = await call.read(find)
    return Response(found.model_dump_json(by_alias=True), 202, media_type="application/json")
