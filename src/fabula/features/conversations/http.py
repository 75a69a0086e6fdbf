"""Routes that only read or arrange conversations; those that can start or stop an answer are generation's."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from fabula.core.errors import invalid
from fabula.engine.text import DocumentKind
from fabula.features.conversations import branch as branching
from fabula.features.conversations import change, choose, delete, edit, export, fork, read, restore, search
from fabula.features.conversations.change import ChatChange
from fabula.features.conversations.export import FORMATS, Format
from fabula.features.conversations.fork import Fork
from fabula.features.conversations.schemas import (
    BranchIn,
    BranchOut,
    BranchPatchIn,
    ChatOut,
    ChatPatchIn,
    ForkIn,
    HideIn,
    MessageOut,
    SearchHitOut,
    SelectIn,
    VariantOut,
    Variants,
)
from fabula.features.conversations.search import Question, SearchSort
from fabula.features.conversations.types import ChatStatus
from fabula.http.deps import CallerDep
from fabula.http.params import (
    LIMIT,
    BranchIdPath,
    BranchIdQuery,
    ChatIdPath,
    ChatIdQuery,
    Cursor,
    Limit,
    MessageIdPath,
    ProfileIdPath,
    VariantIdPath,
)
from fabula.http.schemas import PageOut

Seq = Annotated[int | None, Query(ge=0, le=2**31 - 1)]
VariantsQuery = Annotated[
    Variants | None, Query(description="What of each message is copied; the selected by default.")
]
NEW = SearchSort.NEW


def routes(formats: Mapping[str, Format] = FORMATS) -> APIRouter:
    """`formats` are those that `export` offers; a slice above that knows more is handed in with them."""
    router = APIRouter(prefix="/v1", tags=["conversations"])
    _add_chats(router)
    _add_copies(router, formats)
    _add_branches(router)
    _add_messages(router)
    _add_variants(router)
    _add_search(router)
    return router


def _add_chats(router: APIRouter) -> None:
    @router.get("/chats", summary="List chats, the most recently changed first")
    async def list_chats(
        call: CallerDep,
        q: Annotated[str, Query(max_length=500, description="Words of the title; the last may be a beginning.")] = "",
        limit: Limit = LIMIT,
        cursor: Cursor = None,
    ) -> PageOut[ChatOut]:
        page = await call.read(read.list_chats, None, limit, cursor, q)
        return PageOut(items=[ChatOut.of(c) for c in page.items], next_cursor=page.next_cursor)

    @router.get("/entity-profiles/{profileId}/chats", summary="List a profile's chats")
    async def list_profile_chats(
        call: CallerDep, profile: ProfileIdPath, limit: Limit = LIMIT, cursor: Cursor = None
    ) -> PageOut[ChatOut]:
        page = await call.read(read.list_profile_chats, profile, limit, cursor)
        return PageOut(items=[ChatOut.of(c) for c in page.items], next_cursor=page.next_cursor)

    @router.get("/chats/{chatId}", summary="Get a chat")
    async def get_chat(call: CallerDep, chat: ChatIdPath) -> ChatOut:
        return ChatOut.of(await call.read(read.get_chat, chat))

    @router.patch("/chats/{chatId}", response_model=ChatOut, summary="Change a chat's title, status or settings")
    async def change_chat(call: CallerDep, chat: ChatIdPath, body: ChatPatchIn) -> Response:
        status = body.status and ChatStatus(body.status)
        wanted = ChatChange(body.title, status, None if body.settings is None else body.settings.stored())
        return await call.write(ChatOut.of, 200, change.change, chat, body.version, wanted)

    @router.post("/chats/{chatId}/restore", response_model=ChatOut, summary="Bring a deleted chat back")
    async def restore_chat(call: CallerDep, chat: ChatIdPath) -> Response:
        return await call.write(ChatOut.of, 200, restore.chat, chat)


def _add_copies(router: APIRouter, formats: Mapping[str, Format]) -> None:
    known = sorted(formats)
    choice = Query(alias="format", json_schema_extra={"enum": [*known]})

    @router.post(
        "/chats/{chatId}/fork", status_code=201, response_model=ChatOut, summary="Copy a history into a new chat"
    )
    async def fork_chat(
        call: CallerDep, chat: ChatIdPath, body: ForkIn | None = None, variants: VariantsQuery = None
    ) -> Response:
        asked = body or ForkIn()
        if variants and asked.variants and variants != asked.variants:
            raise invalid("query.variants", f"is {variants!r}, but body.variants is {asked.variants!r}")
        wish = Fork(chat, asked.message_id, "all" in (variants, asked.variants), asked.title)
        made = await fork.fork(
            call.db, call.actor, call.operation, wish, lambda c: ChatOut.of(c).model_dump_json(by_alias=True)
        )
        return Response(made, 201, media_type="application/json")

    files: dict[str, object] = {chosen.media_type.partition(";")[0]: {} for chosen in formats.values()}

    @router.get(
        "/chats/{chatId}/export",
        response_class=Response,
        responses={200: {"content": files, "description": "The file"}},
        summary="Write a chat out as a file",
    )
    async def export_chat(
        call: CallerDep, chat: ChatIdPath, wanted: Annotated[str, choice] = "json", branch: BranchIdQuery = None
    ) -> Response:
        if wanted not in formats:
            raise invalid("query.format", f"must be one of {', '.join(known)}")
        found, line = await call.read(export.find_line, chat, branch)
        chosen = formats[wanted]
        name = f'attachment; filename="chat-{found.id}.{chosen.extension}"'
        text = chosen.write(call.db, call.actor, found, line)
        return StreamingResponse(text, media_type=chosen.media_type, headers={"content-disposition": name})


def _add_branches(router: APIRouter) -> None:
    @router.get("/chats/{chatId}/branches", summary="List a chat's branches, `main` first")
    async def list_branches(
        call: CallerDep, chat: ChatIdPath, limit: Limit = LIMIT, cursor: Cursor = None
    ) -> PageOut[BranchOut]:
        page = await call.read(read.list_branches, chat, limit, cursor)
        return PageOut(items=[BranchOut.of(b) for b in page.items], next_cursor=page.next_cursor)

    @router.post(
        "/chats/{chatId}/branches", status_code=201, response_model=BranchOut, summary="Fork a branch off at a message"
    )
    async def create_branch(call: CallerDep, chat: ChatIdPath, body: BranchIn) -> Response:
        source, pinned = body.forked_from_message_id, body.forked_from_variant_id
        return await call.write(BranchOut.of, 201, branching.create, chat, source, pinned, body.title)

    @router.patch("/chats/{chatId}/branches/{branchId}", response_model=BranchOut, summary="Rename a branch")
    async def rename_branch(call: CallerDep, chat: ChatIdPath, branch: BranchIdPath, body: BranchPatchIn) -> Response:
        return await call.write(BranchOut.of, 200, branching.rename, chat, branch, body.title)

    @router.post(
        "/chats/{chatId}/branches/{branchId}/activate", response_model=BranchOut, summary="Make a branch the active one"
    )
    async def activate_branch(call: CallerDep, chat: ChatIdPath, branch: BranchIdPath) -> Response:
        return await call.write(BranchOut.of, 200, branching.activate, chat, branch)

    @router.post(
        "/chats/{chatId}/branches/{branchId}/restore", response_model=BranchOut, summary="Bring a deleted branch back"
    )
    async def restore_branch(call: CallerDep, chat: ChatIdPath, branch: BranchIdPath) -> Response:
        return await call.write(BranchOut.of, 200, branching.restore, chat, branch)


def _add_messages(router: APIRouter) -> None:
    @router.get("/chats/{chatId}/messages", summary="Read a page of a branch, oldest first")
    async def list_messages(
        call: CallerDep,
        chat: ChatIdPath,
        limit: Limit = LIMIT,
        before: Seq = None,
        after: Seq = None,
        branch: BranchIdQuery = None,
    ) -> PageOut[MessageOut]:
        page = await call.read(read.list_messages, chat, branch, limit, before, after)
        return PageOut(items=[MessageOut.of(m) for m in page], next_cursor=None)

    @router.get("/messages/{messageId}", summary="Get a message, as `branchId` shows it if that is given")
    async def get_message(call: CallerDep, message: MessageIdPath, branch: BranchIdQuery = None) -> MessageOut:
        return MessageOut.of(await call.read(read.get_shown, message, branch))

    @router.post(
        "/messages/{messageId}/hide", response_model=MessageOut, summary="Keep a message out of prompts, or let it in"
    )
    async def hide_message(call: CallerDep, message: MessageIdPath, body: HideIn | None = None) -> Response:
        return await call.write(MessageOut.of, 200, edit.hide, message, hidden=body.hidden if body else True)

    @router.post("/messages/{messageId}/restore", response_model=MessageOut, summary="Bring a deleted message back")
    async def restore_message(call: CallerDep, message: MessageIdPath) -> Response:
        return await call.write(MessageOut.of, 200, restore.message, message)


def _add_variants(router: APIRouter) -> None:
    @router.get("/messages/{messageId}/variants", summary="List a message's variants, oldest first")
    async def list_variants(
        call: CallerDep,
        message: MessageIdPath,
        branch: BranchIdQuery = None,
        limit: Limit = LIMIT,
        cursor: Cursor = None,
    ) -> PageOut[VariantOut]:
        page = await call.read(read.list_variants, message, branch, limit, cursor)
        return PageOut(items=[VariantOut.of(v) for v in page.items], next_cursor=page.next_cursor)

    @router.post(
        "/messages/{messageId}/variants/{variantId}/select",
        response_model=MessageOut,
        summary="Show a variant: on `branchId` if that pins the message, else wherever the selection is followed",
    )
    async def select_variant(
        call: CallerDep,
        message: MessageIdPath,
        variant: VariantIdPath,
        branch: BranchIdQuery = None,
        body: SelectIn | None = None,
    ) -> Response:
        on = (body and body.branch_id) or branch
        return await call.write(MessageOut.of, 200, choose.select, message, variant, on)

    @router.delete("/messages/{messageId}/variants/{variantId}", status_code=204, summary="Delete a variant for good")
    async def delete_variant(call: CallerDep, message: MessageIdPath, variant: VariantIdPath) -> Response:
        return await call.write(None, 204, delete.variant, message, variant)


def _add_search(router: APIRouter) -> None:
    @router.get("/search", summary="Search messages, chats and profiles")
    async def search_all(
        call: CallerDep,
        q: Annotated[str, Query(max_length=1_000, description='Words, "phrases", -without, begin*.')],
        kind: Annotated[DocumentKind | None, Query(alias="type", description="Only hits of one type.")] = None,
        chat: ChatIdQuery = None,
        sort: Annotated[SearchSort, Query(description="Newest first, or the best of the newest 20,000.")] = NEW,
        limit: Limit = LIMIT,
        cursor: Cursor = None,
    ) -> PageOut[SearchHitOut]:
        page = await search.search(call.db, call.actor, Question(q, kind, chat, sort), limit, cursor)
        return PageOut(items=[SearchHitOut.of(hit) for hit in page.items], next_cursor=page.next_cursor)
