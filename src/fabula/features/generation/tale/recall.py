"""Searching a tale's own older history for what somebody says: any of the words counts, rare ones more."""

import math

from fabula.core.actor import Actor
from fabula.core.errors import AppError, Kind
from fabula.core.ids import MessageId
from fabula.db import ReadTx
from fabula.engine.text import DocumentKind, Search, Term, index
from fabula.engine.text.index import END
from fabula.engine.text.words import find_tokens
from fabula.features import conversations
from fabula.features.conversations import Branch, Chat, Message
from fabula.plugins import FoundMessage

# Each word is one look into the index; a long message is asked for by its longest words, which are the rarest.
MAX_WORDS = 12
MIN_CHARS = 3
# How many messages of a word are looked at, the newest first: it also bounds how common a word can seem.
_DEPTH = 200
# A hit that has only words everybody says is none.
_WORTH = 0.25
# Hits on other branches, in the prompt already, or deleted are passed over: so many more are looked at.
_SPARE = 4
MAX_TEXT = 1_200


def find_older(
    tx: ReadTx, actor: Actor, chat: Chat, branch: Branch, query: str, before: int, limit: int
) -> list[FoundMessage]:
    """Of the messages that `branch` shows at `seq < before`, up to `limit` that have words of `query`, best first."""
    scores = _scores(tx, actor, chat, query)
    if not scores:
        return []
    best = max(scores.values())
    found: list[FoundMessage] = []
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    for message_id, score in ranked[: limit * _SPARE]:
        if len(found) == limit or score < best * _WORTH:
            break
        message = _find_shown(tx, actor, chat, branch, MessageId(message_id), before)
        if message is not None:
            role, name = message.role.value, message.author.name
            text = message.prompt_text
            shown = text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
            found.append(FoundMessage(message.id, message.seq, role, name, shown, score))
    return found


def _scores(tx: ReadTx, actor: Actor, chat: Chat, query: str) -> dict[str, float]:
    """What the words of `query` say for each message of the chat: the fewer messages have a word, the more."""
    words = {token for token in find_tokens(query) if len(token) >= MIN_CHARS or not token.isascii()}
    scores: dict[str, float] = {}
    for word in sorted(words, key=lambda word: (-len(word), word))[:MAX_WORDS]:
        wanted = Search((Term((word,)),), DocumentKind.MESSAGE, chat.id)
        rows = index.list_newest(tx, actor.workspace, wanted, END, _DEPTH)
        weight = math.log(1 + _DEPTH / max(len(rows), 1))
        for row in rows:
            scores[row.id] = scores.get(row.id, 0.0) + weight
    return scores


def _find_shown(
    tx: ReadTx, actor: Actor, chat: Chat, branch: Branch, message: MessageId, before: int
) -> Message | None:
    """The message as the branch shows it; None where it does not, where it is hidden, deleted, or not older."""
    try:
        found = conversations.get_message(tx, actor, message)
    except AppError as error:
        if error.kind is Kind.NOT_FOUND:  # the index keeps what is deleted, for it may be restored
            return None
        raise
    if found.seq >= before or found.hidden:
        return None
    shown = conversations.list_messages(tx, actor, chat.id, branch.id, 1, found.seq + 1, None)
    return shown[0] if shown and shown[0].id == message else None
