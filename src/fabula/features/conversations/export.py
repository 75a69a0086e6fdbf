"""Write a chat out, page by page, so that its length costs no memory. Other slices add formats of their own."""

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fabula.core.actor import Actor
from fabula.core.ids import BranchId, ChatId
from fabula.db import Database, ReadTx
from fabula.features.conversations import store
from fabula.features.conversations.read import END, get_branch, get_chat, list_branches, list_messages
from fabula.features.conversations.rules import own_segment, shown_text
from fabula.features.conversations.schemas import BranchOut, ChatOut, MessageOut, VariantOut
from fabula.features.conversations.types import Branch, Chat, Message, Variant

_PAGE = 200
_BRANCHES = 500

Writer = Callable[[Database, Actor, Chat, Branch], AsyncGenerator[str]]


@dataclass(frozen=True, slots=True)
class Format:
    """One form a chat goes out in. `write` gives the text of a chat as seen from a branch, in pieces."""

    media_type: str
    extension: str
    write: Writer


def find_line(tx: ReadTx, actor: Actor, chat: ChatId, branch: BranchId | None) -> tuple[Chat, Branch]:
    """What to write out; raises `ChatNotFound` or `BranchNotFound`."""
    found = get_chat(tx, actor, chat)
    return found, get_branch(tx, actor, found, branch)


async def write_markdown(db: Database, actor: Actor, chat: Chat, branch: Branch) -> AsyncGenerator[str]:
    """One branch as people read it: who spoke, and the shown text."""
    yield f"# {chat.title or 'Chat'}\n"
    after = -1
    while page := await db.read(actor, list_messages, chat.id, branch.id, _PAGE, None, after):
        yield "".join(_paragraph(message) for message in page)
        after = page[-1].seq


def _paragraph(message: Message) -> str:
    hidden = " (hidden)" if message.hidden else ""
    return f"\n## {message.author.name}{hidden}\n\n{shown_text(message.prompt_text, message.blocks)}\n"


async def write_json(db: Database, actor: Actor, chat: Chat, branch: Branch) -> AsyncGenerator[str]:
    """The whole chat: {chat, branches, messages}; each branch's own messages in order, each with all its variants."""
    branches = await db.read(actor, _all_branches, chat.id)
    shown = [_dump(BranchOut.of(found)) for found in branches]
    yield f'{{"chat":{_encode(_dump(ChatOut.of(chat)))},"branches":{_encode(shown)},"messages":['
    comma = ""
    for line in branches:
        after = -1
        while page := await db.read(actor, _own_page, line, after):
            yield comma + ",".join(_encode(_with_variants(message, variants)) for message, variants in page)
            after, comma = page[-1][0].seq, ","
    yield "]}\n"


FORMATS = {
    "json": Format("application/json", "json", write_json),
    "markdown": Format("text/markdown; charset=utf-8", "md", write_markdown),
}


def _all_branches(tx: ReadTx, actor: Actor, chat: ChatId) -> list[Branch]:
    found: list[Branch] = []
    cursor: str | None = None
    while True:
        page = list_branches(tx, actor, chat, _BRANCHES, cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def _own_page(tx: ReadTx, actor: Actor, branch: Branch, after: int) -> list[tuple[Message, list[Variant]]]:
    segment = own_segment(branch)
    page = store.messages.list_segment(tx, actor.workspace, segment, low=after, high=END, take=_PAGE, newest=False)
    variants: dict[str, list[Variant]] = {message.id: [] for message in page}
    shown = {message.id: message.selected_variant_id for message in page}
    for variant in store.variants.list_of_messages(tx, actor.workspace, shown):
        variants[variant.message_id].append(variant)
    return [(message, variants[message.id]) for message in page]


def _with_variants(message: Message, variants: Sequence[Variant]) -> dict[str, Any]:
    told = [{**_dump(VariantOut.of(variant)), "meta": variant.meta} for variant in variants]
    return {**_dump(MessageOut.of(message)), "variants": told}


def _dump(shown: ChatOut | BranchOut | MessageOut | VariantOut) -> dict[str, Any]:
    return shown.model_dump(mode="json", by_alias=True)


def _encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
