"""Message lines to messages with variants, in batches that a transaction can take."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from fabula.features.conversations import Author, MessageRole, importing, whole
from fabula.features.transfer.chatfile.dates import read_date
from fabula.features.transfer.chatfile.lines import ChatLines
from fabula.features.transfer.chatfile.swipes import Swipes, info_of, read_swipes, without_texts
from fabula.features.transfer.chatfile.text import name_of, text_of
from fabula.features.transfer.types import Cast, JsonObject, Notes

# Under this name a message's meta keeps its line, and a variant's the number of its swipe.
KEPT = "sillytavern"
_NARRATED = frozenset({"narrator", "comment", "help", "welcome", "empty", "generic", "formatting", "slash_commands"})
_USER, _ASSISTANT, _SYSTEM = "User", "Assistant", "System"


def read_batches(
    data: bytes, cast: Cast, start: datetime, *, skip: int = 0
) -> Iterator[list[importing.ImportedMessage]]:
    """A file's messages from the one at place `skip` on, each batch at most `BATCH_ROWS` rows or one message.

    `start` stands in for the time of messages before the first that has one.
    """
    batch: list[importing.ImportedMessage] = []
    rows, moment = 0, start
    for place, (_, line) in enumerate(ChatLines(data, Notes()).messages()):
        message = read_message(line, cast, moment)
        moment = message.created_at
        if place < skip:
            continue
        more = 1 + len(message.variants)
        if batch and rows + more > importing.BATCH_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append(message)
        rows += more
    if batch:
        yield batch


def read_line(data: bytes, place: int) -> JsonObject:
    """The message line at `place`, which is there."""
    return next(islice(ChatLines(data, Notes()).messages(), place, None))[1]


def read_message(line: JsonObject, cast: Cast, before: datetime) -> importing.ImportedMessage:
    """One line; without a usable date it was written when the line before it was."""
    swipes = read_swipes(line)
    moment = read_date(line.get("send_date")) or before
    role = _role_of(line)
    kept: JsonObject = {
        "line": without_texts(line) if swipes.is_plain else line,
        "plain": swipes.is_plain,
        "shown": swipes.shown,
        "count": len(swipes.texts),
    }
    return importing.ImportedMessage(
        role,
        _author_of(line, role, cast),
        moment,
        [_variant(line, swipes, at, moment) for at in range(len(swipes.texts))],
        swipes.shown,
        line.get("is_system") is True,
        {KEPT: kept},
    )


def _variant(line: JsonObject, swipes: Swipes, at: int, moment: datetime) -> importing.ImportedVariant:
    info = info_of(line, at, swipes.shown) or {}
    extra = info.get("extra")
    reasoning = text_of(extra.get("reasoning")) if isinstance(extra, dict) else ""
    meta: JsonObject | None = {KEPT: at} if len(swipes.texts) > 1 else None
    written = read_date(info.get("send_date")) or moment
    return importing.ImportedVariant(whole.VariantKind.IMPORT, swipes.texts[at], written, reasoning, None, meta)


def _role_of(line: JsonObject) -> MessageRole:
    """Hidden messages keep their speaker's role: `is_system` says only that a prompt leaves them out."""
    extra = line.get("extra")
    extra = extra if isinstance(extra, dict) else {}
    if extra.get("tool_invocations"):
        return MessageRole.TOOL
    if extra.get("isSmallSys") is True or extra.get("type") in _NARRATED:
        return MessageRole.SYSTEM
    return MessageRole.USER if line.get("is_user") is True else MessageRole.ASSISTANT


def _author_of(line: JsonObject, role: MessageRole, cast: Cast) -> Author:
    name = name_of(line.get("name"))
    if role is MessageRole.USER:
        return Author("user", None, name or _USER)
    if role is MessageRole.ASSISTANT:
        return Author("entity_profile", cast.find(name), name or _ASSISTANT)
    return Author("system", None, name or _SYSTEM)
