"""SQL of branches."""

from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from fabula.core.ids import BranchId, ChatId, VariantId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.db.hot import hot
from fabula.features.conversations.tables import chat_branches
from fabula.features.conversations.types import Branch, Chat, Message

_P = sa.bindparam
COLUMNS = (
    chat_branches.c.id,
    chat_branches.c.chat_id,
    chat_branches.c.title,
    chat_branches.c.parent_branch_id,
    chat_branches.c.forked_from_message_id,
    chat_branches.c.forked_from_variant_id,
    chat_branches.c.fork_seq,
    chat_branches.c.last_seq,
    chat_branches.c.created_at,
)
_BRANCH_OURS = chat_branches.c.workspace_id == _P("ws")

_INSERT_BRANCH = sa.insert(chat_branches)
_FIND_BRANCH = sa.select(*COLUMNS).where(
    (chat_branches.c.id == _P("branch"))
    & (chat_branches.c.chat_id == _P("chat"))
    & _BRANCH_OURS
    & chat_branches.c.deleted_at.is_(None)
)
_FIND_DELETED = sa.select(*COLUMNS).where(
    (chat_branches.c.id == _P("branch"))
    & (chat_branches.c.chat_id == _P("chat"))
    & _BRANCH_OURS
    & chat_branches.c.deleted_at.is_not(None)
)
# Not FOR UPDATE: that would also hold up whoever forks from the branch.
_LOCK_BRANCH = _FIND_BRANCH.with_for_update(key_share=True)
_LIST_BRANCHES = (
    sa.select(*COLUMNS)
    .where((chat_branches.c.chat_id == _P("chat")) & _BRANCH_OURS & chat_branches.c.deleted_at.is_(None))
    .where(chat_branches.c.id > _P("after"))
    .order_by(chat_branches.c.id)
    .limit(_P("take"))
)
_HAS_CHILDREN = sa.select(chat_branches.c.id).where(
    (chat_branches.c.parent_branch_id == _P("branch")) & _BRANCH_OURS & chat_branches.c.deleted_at.is_(None)
)
# Deleted branches count: restored, they must find what they pin.
_IS_PINNED = sa.select(chat_branches.c.id).where(
    (chat_branches.c.chat_id == _P("chat")) & (chat_branches.c.forked_from_variant_id == _P("variant")) & _BRANCH_OURS
)
_THIS = (chat_branches.c.id == _P("branch")) & _BRANCH_OURS
_RENAME = sa.update(chat_branches).where(_THIS).values(title=_P("new_title"), updated_at=_P("now"))
_MOVE_PIN = sa.update(chat_branches).where(_THIS).values(forked_from_variant_id=_P("variant"), updated_at=_P("now"))
_SET_DELETED = sa.update(chat_branches).where(_THIS).values(deleted_at=_P("deleted"), updated_at=_P("now"))
_ADVANCE = (
    sa.update(chat_branches)
    .where((chat_branches.c.id == _P("branch")) & _BRANCH_OURS)
    .values(last_seq=_P("seq"), updated_at=_P("now"))
)
# What every turn runs.
hot(_LOCK_BRANCH, _FIND_BRANCH, _ADVANCE)


def _branch(row: Any, active: BranchId) -> Branch:
    return Branch(
        BranchId(row.id),
        ChatId(row.chat_id),
        row.title,
        row.parent_branch_id,
        row.forked_from_message_id,
        row.forked_from_variant_id,
        row.fork_seq,
        row.last_seq,
        row.id == active,
        row.created_at,
    )


def insert_main(tx: WriteTx, ws: WorkspaceId, chat: ChatId, branch: BranchId) -> None:
    """The branch every chat has from the start."""
    row = {"id": branch, "workspace_id": ws, "chat_id": chat, "title": "main", "fork_seq": -1, "last_seq": -1}
    tx.execute(_INSERT_BRANCH, {**row, "created_at": tx.now, "updated_at": tx.now})


def insert_fork(
    tx: WriteTx, ws: WorkspaceId, branch: BranchId, title: str, source: Message, pinned: VariantId | None
) -> None:
    """A branch that forks after `source`, whose owner is its parent: this one row, whatever the history's length."""
    row: dict[str, object] = {
        "id": branch,
        "workspace_id": ws,
        "chat_id": source.chat_id,
        "title": title,
        "parent_branch_id": source.branch_id,
        "forked_from_message_id": source.id,
        "forked_from_variant_id": pinned,
        "fork_seq": source.seq,
        "last_seq": source.seq,
    }
    tx.execute(_INSERT_BRANCH, {**row, "created_at": tx.now, "updated_at": tx.now})


def find_deleted_branch(tx: ReadTx, ws: WorkspaceId, chat: Chat, branch: BranchId) -> Branch | None:
    row = tx.execute(_FIND_DELETED, {"ws": ws, "chat": chat.id, "branch": branch}).one_or_none()
    return None if row is None else _branch(row, chat.active_branch_id)


def find_branch(tx: ReadTx, ws: WorkspaceId, chat: Chat, branch: BranchId) -> Branch | None:
    row = tx.execute(_FIND_BRANCH, {"ws": ws, "chat": chat.id, "branch": branch}).one_or_none()
    return None if row is None else _branch(row, chat.active_branch_id)


def lock_branch(tx: WriteTx, ws: WorkspaceId, chat: Chat, branch: BranchId) -> Branch | None:
    """As `find_branch`, and nobody else changes the branch before this transaction ends."""
    row = tx.execute(_LOCK_BRANCH, {"ws": ws, "chat": chat.id, "branch": branch}).one_or_none()
    return None if row is None else _branch(row, chat.active_branch_id)


def list_branches(tx: ReadTx, ws: WorkspaceId, chat: Chat, limit: int, after: str) -> list[Branch]:
    """Up to `limit` branches whose ids sort after `after`, oldest first."""
    rows = tx.execute(_LIST_BRANCHES, {"ws": ws, "chat": chat.id, "after": after, "take": limit})
    return [_branch(row, chat.active_branch_id) for row in rows]


def list_lineage(tx: ReadTx, ws: WorkspaceId, chat: Chat, branch: Branch) -> list[Branch]:
    """The branch, its parent, … up to `main`: one more query only where there is a parent."""
    if branch.parent_branch_id is None:
        return [branch]
    rows = tx.execute(_LINEAGE, {"ws": ws, "start": branch.parent_branch_id})
    # Places fall from a branch to its parent, so they tell the order.
    above = sorted((_branch(row, chat.active_branch_id) for row in rows), key=attrgetter("fork_seq"), reverse=True)
    return [branch, *above]


def advance(tx: WriteTx, ws: WorkspaceId, branch: BranchId, seq: int) -> None:
    tx.post(_ADVANCE, {"ws": ws, "branch": branch, "seq": seq, "now": tx.now})


def has_children(tx: ReadTx, ws: WorkspaceId, branch: BranchId) -> bool:
    return tx.execute(_HAS_CHILDREN, {"ws": ws, "branch": branch}).first() is not None


def is_pinned(tx: ReadTx, ws: WorkspaceId, chat: ChatId, variant: VariantId) -> bool:
    """Tell whether any branch pins `variant`, deleted ones included."""
    return tx.execute(_IS_PINNED, {"ws": ws, "chat": chat, "variant": variant}).first() is not None


def rename(tx: WriteTx, ws: WorkspaceId, branch: BranchId, title: str) -> None:
    tx.execute(_RENAME, {"ws": ws, "branch": branch, "new_title": title, "now": tx.now})


def move_pin(tx: WriteTx, ws: WorkspaceId, branch: BranchId, variant: VariantId) -> None:
    tx.execute(_MOVE_PIN, {"ws": ws, "branch": branch, "variant": variant, "now": tx.now})


def set_deleted(tx: WriteTx, ws: WorkspaceId, branch: BranchId, *, deleted: bool) -> None:
    tx.execute(_SET_DELETED, {"ws": ws, "branch": branch, "deleted": tx.now if deleted else None, "now": tx.now})


def _lineage_query() -> sa.Select[Any]:
    start = sa.select(*COLUMNS).where((chat_branches.c.id == _P("start")) & _BRANCH_OURS)
    line = start.cte("lineage", recursive=True)
    up = sa.select(*COLUMNS).join(line, chat_branches.c.id == line.c.parent_branch_id).where(_BRANCH_OURS)
    line = line.union_all(up)
    return sa.select(line)


_LINEAGE = _lineage_query()
