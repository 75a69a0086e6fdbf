"""Chats out again as JSONL that SillyTavern opens, page by page."""

from collections.abc import AsyncGenerator

from fabula.core.actor import Actor
from fabula.db import Database, ReadTx
from fabula.features import profiles
from fabula.features.conversations import Branch, Chat, export, whole
from fabula.features.transfer.chatfile import KEPT, dump, new_header, settings_of, update_header, write_message
from fabula.features.transfer.types import JsonObject
from fabula.plugins import Json

_PAGE = 200
_SETTINGS = ("authorNote", "vars")


async def write_jsonl(db: Database, actor: Actor, chat: Chat, branch: Branch) -> AsyncGenerator[str]:
    """One branch as a chat file: a header, then a message a line, each line but the last with its end.

    What came from SillyTavern and was not changed goes out as the JSON values it came as.
    """
    header, own = await db.read(actor, _head, chat, branch)
    yield dump(header)
    after = -1
    while page := await db.read(actor, whole.list_whole, chat.id, branch.id, _PAGE, after):
        for found in page:
            line = own.get(str(found.message.seq))
            line = line if isinstance(line, dict) else None
            yield "\n" + dump(write_message(found.message, found.variants, found.meta, line))
        after = page[-1].message.seq


FORMATS = {**export.FORMATS, "jsonl": export.Format("application/jsonl; charset=utf-8", "jsonl", write_jsonl)}


def _head(tx: ReadTx, actor: Actor, chat: Chat, branch: Branch) -> tuple[JsonObject, JsonObject]:
    """The header, and the lines that the branch's own file wrote otherwise than the chat's."""
    kept = whole.get_meta(tx, actor, chat.id).get(KEPT)
    main = kept.get("header") if isinstance(kept, dict) else None
    if not isinstance(kept, dict) or not isinstance(main, dict):
        return new_header(_character(tx, actor, chat), chat.settings), _own_lines(kept, branch)
    branches = kept.get("branches")
    its = branches.get(branch.id) if isinstance(branches, dict) else None
    header = its.get("header") if isinstance(its, dict) else None
    header = header if isinstance(header, dict) else main
    told = {name: chat.settings[name] for name in _SETTINGS if chat.settings.get(name)}
    # Settings are the chat's; a branch's file may have had others, and keeps them until the chat's are changed.
    shown = header if told == settings_of(main) else update_header(header, chat.settings)
    return shown, _own_lines(kept, branch)


def _own_lines(kept: Json, branch: Branch) -> JsonObject:
    branches = kept.get("branches") if isinstance(kept, dict) else None
    its = branches.get(branch.id) if isinstance(branches, dict) else None
    lines = its.get("lines") if isinstance(its, dict) else None
    return lines if isinstance(lines, dict) else {}


def _character(tx: ReadTx, actor: Actor, chat: Chat) -> str:
    if chat.entity_profile_id is None:
        return ""
    return profiles.get_any_profile(tx, actor, chat.entity_profile_id).name
