"""Routes that only read or arrange conversations; those that can start or stop an answer are generation's."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from fabula.features.conversations import delete, read
from fabula.features.conversations.schemas import BranchOut, ChatOut, MessageOut, VariantOut
from fabula.features.conversations.select import select
from fabula.http.deps import CallerDep
from fabula.http.params import (
    LIMIT,
    BranchIdQuery,
    ChatIdPath,
    Cursor,
    Limit,
    MessageIdPath,
    ProfileIdPath,
    VariantIdPath,
)
from fabula.http.schemas import PageOut

Seq = Annotated[int | None, Query(ge=0, le=2**31 - 1)]


def routes() -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["conversations"])
    _add_chats(router)
    _add_messages(router)
    return router


def _add_chats(router: APIRouter) -> None:
    @router.get("/chats", summary="List chats, the most recently changed first")
    async def list_chats(call: CallerDep, limit: Limit = LIMIT, cursor: Cursor = None) -> PageOut[ChatOut]:
        page = await call.read(read.list_chats, None, limit, cursor)
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

    @router.post("/chats/{chatId}/restore", response_model=ChatOut, summary="Bring a deleted chat back")
    async def restore_chat(call: CallerDep, chat: ChatIdPath) -> Response:
        return await call.write(ChatOut.of, 200, delete.restore_chat, chat)

    @router.get("/chats/{chatId}/branches", summary="List a chat's branches")
    async def list_branches(call: CallerDep, chat: ChatIdPath) -> PageOut[BranchOut]:
        found = await call.read(read.list_branches, chat)
        return PageOut(items=[BranchOut.of(b) for b in found], next_cursor=None)


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

    @router.get("/messages/{messageId}/variants", summary="List a message's variants, oldest first")
    async def list_variants(
        call: CallerDep, message: MessageIdPath, branch: BranchIdQuery = None
    ) -> PageOut[VariantOut]:
        found = await call.read(read.list_variants, message, branch)
        return PageOut(items=[VariantOut.of(v) for v in found], next_cursor=None)

    @router.post(
        "/messages/{messageId}/variants/{variantId}/select", response_model=MessageOut, summary="Select a variant"
    )
    async def select_variant(call: CallerDep, message: MessageIdPath, variant: VariantIdPath) -> Response:
        return await call.write(MessageOut.of, 200, select, message, variant)
