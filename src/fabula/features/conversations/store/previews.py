"""SQL of a chat's `last_message_at` and `last_message_preview`: they are of what its active branch ends with.

Which branch that is is asked in the statement that writes: another request may have activated one meanwhile.
"""

from datetime import datetime

import sqlalchemy as sa

from fabula.core.ids import BranchId, ChatId, VariantId, WorkspaceId
from fabula.db import WriteTx
from fabula.db.hot import hot
from fabula.features.conversations.tables import chat_messages as m
from fabula.features.conversations.tables import chats as c

_P = sa.bindparam
_THIS = (c.c.id == _P("chat")) & (c.c.workspace_id == _P("ws"))
# The variant that the active branch ends with, if that message is its own and seen: an answer to what was just said.
# Every turn asks this: looks into indexes, the same few however long the chat is.
_LAST_OWN = (
    sa.select(m.c.selected_variant_id)
    .where((m.c.branch_id == c.c.active_branch_id) & m.c.deleted_at.is_(None))
    .where(m.c.hidden.is_(False) & (m.c.prompt_text != ""))
    .order_by(m.c.seq.desc())
    .limit(1)
    .correlate(c)
)
_IS_END = _P("variant") == _LAST_OWN.scalar_subquery()
_IS_ACTIVE = c.c.active_branch_id == _P("branch")
_TITLE = sa.case((c.c.title == "", _P("new_title")), else_=c.c.title)


def _update(claim: sa.ColumnElement[bool]) -> sa.Update:
    last_at = sa.case((claim, _P("now")), else_=c.c.last_message_at)
    preview = sa.case(
        (claim, sa.func.coalesce(_P("preview"), c.c.last_message_preview)), else_=c.c.last_message_preview
    )
    return sa.update(c).where(_THIS).values(last_message_at=last_at, last_message_preview=preview, updated_at=_P("now"))


_ADD = _update(_IS_ACTIVE).values(title=_TITLE)
_ANSWER = _update(_IS_END)
_WRITTEN_AT = sa.func.coalesce(_P("written_at", type_=c.c.last_message_at.type), c.c.last_message_at)
_REFRESH = (
    sa.update(c)
    .where(_THIS)
    .values(last_message_preview=_P("preview"), last_message_at=_WRITTEN_AT, updated_at=_P("now"))
)
_SET = sa.update(c).where(_THIS).values(last_message_at=_P("at"), last_message_preview=_P("preview"))
# What every turn runs.
hot(_ADD, _ANSWER)


def note_added(tx: WriteTx, ws: WorkspaceId, chat: ChatId, branch: BranchId, preview: str | None, title: str) -> None:
    """A branch has a new last message, without a text yet if `preview` is None. Names the chat if it has no title."""
    params = {"branch": branch, "preview": preview, "new_title": title, "now": tx.now}
    tx.post(_ADD, {"ws": ws, "chat": chat, **params})


def note_answered(tx: WriteTx, ws: WorkspaceId, chat: ChatId, variant: VariantId, preview: str) -> None:
    """A message was answered, on whichever branch."""
    params = {"variant": variant, "preview": preview, "now": tx.now}
    tx.post(_ANSWER, {"ws": ws, "chat": chat, **params})


def refresh(
    tx: WriteTx, ws: WorkspaceId, chat: ChatId, preview: str | None, written_at: datetime | None = None
) -> None:
    """Something in it changed, so that its preview may differ; `written_at` is when the last message was written anew."""
    params = {"preview": preview, "written_at": written_at, "now": tx.now}
    tx.execute(_REFRESH, {"ws": ws, "chat": chat, **params})


def set_last(tx: WriteTx, ws: WorkspaceId, chat: ChatId, at: datetime, preview: str | None) -> None:
    """The last message of an import, and when it was written."""
    tx.execute(_SET, {"ws": ws, "chat": chat, "at": at, "preview": preview})
