"""SQL that takes a chat and one of its branches in one statement: the first of every turn."""

import sqlalchemy as sa

from fabula.core.ids import BranchId, ChatId, WorkspaceId
from fabula.db import WriteTx
from fabula.db.hot import hot
from fabula.features.conversations.store import branches, chats
from fabula.features.conversations.tables import chat_branches as b
from fabula.features.conversations.tables import chats as c
from fabula.features.conversations.types import Branch, Chat

_JOINED = (
    chats.FIND.add_columns(*(column.label(f"branch_{column.name}") for column in branches.COLUMNS))
    .join_from(c, b, b.c.chat_id == c.c.id)
    .where(b.c.deleted_at.is_(None))
    .with_for_update(of=b, key_share=True)
)
_ACTIVE = _JOINED.where(b.c.id == c.c.active_branch_id)
_NAMED = _JOINED.where(b.c.id == sa.bindparam("branch"))
hot(_ACTIVE, _NAMED)


def lock_with_chat(tx: WriteTx, ws: WorkspaceId, chat: ChatId, branch: BranchId | None) -> tuple[Chat, Branch] | None:
    """A chat with what it inherits, and a branch of it (the active one by default) that nobody else changes now."""
    params: dict[str, object] = {"ws": ws, "chat": chat}
    found = tx.execute(_ACTIVE, params) if branch is None else tx.execute(_NAMED, params | {"branch": branch})
    row = found.one_or_none()
    if row is None:
        return None
    heir = chats.read_heir(row)
    return heir, Branch(
        BranchId(row.branch_id),
        heir.id,
        row.branch_title,
        row.branch_parent_branch_id,
        row.branch_forked_from_message_id,
        row.branch_forked_from_variant_id,
        row.branch_fork_seq,
        row.branch_last_seq,
        row.branch_id == heir.active_branch_id,
        row.branch_created_at,
    )
