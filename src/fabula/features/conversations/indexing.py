"""What of conversations can be searched for: the text each message shows, the title of each chat.

Called in the transaction that changes them. What is being written is not indexed before it has settled,
nor what was said with it.
"""

from collections.abc import Iterable

from fabula.core.ids import ChatId, MessageId, WorkspaceId
from fabula.db import WriteTx
from fabula.engine.text import Document, DocumentKind, index


def index_messages(tx: WriteTx, ws: WorkspaceId, chat: ChatId, texts: Iterable[tuple[MessageId, str]]) -> None:
    """Let messages be found by the text they show now; one without text is found no more."""
    index.put(tx, ws, [Document(DocumentKind.MESSAGE, message, [text], chat) for message, text in texts])


def index_title(tx: WriteTx, ws: WorkspaceId, chat: ChatId, title: str) -> None:
    index.put(tx, ws, [Document(DocumentKind.CHAT, chat, [title], chat)])


def forget_some(tx: WriteTx, ws: WorkspaceId, chat: ChatId, take: int) -> None:
    """Forget up to `take` messages of a chat that is removed for good."""
    index.remove_some(tx, ws, chat, take)
