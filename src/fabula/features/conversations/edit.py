"""Edit a message: a new variant, shown at once. Hide it from prompts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fabula.core.actor import Actor, Scope
from fabula.core.ids import BranchId, MessageId, VariantId, uuid7
from fabula.db import WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.choose import lock_settled, note_change, show
from fabula.features.conversations.read import get_message, see
from fabula.features.conversations.rules import edited_blocks, meta_of, noticed_blocks
from fabula.features.conversations.store.variants import NewVariant
from fabula.features.conversations.types import Message, MessageRole, TextState, VariantKind
from fabula.features.conversations.versions import check_version
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change; None leaves the text, or with `keeps_blocks` the blocks and the reasoning, as they are.

    Macros in `prompt_text` are expanded already; `raw_text` is the text before, where they changed it, and `notices`
    are blocks that tell people of them.
    """

    prompt_text: str | None
    raw_text: str | None
    blocks: list[dict[str, Json]] | None
    keeps_blocks: bool
    effects: dict[str, Json] | None = None
    notices: Sequence[dict[str, Json]] = ()


def message(
    tx: WriteTx, actor: Actor, target: MessageId, branch: BranchId | None, version: int | None, change: Edit
) -> Message:
    """Add a `manual_edit` variant and show it on `branch`; an edit of nothing changes nothing.

    Raises `VersionConflict`, and `MessageStreaming` while the message is being written.
    """
    actor.require(Scope.CHAT_WRITE)
    seen = lock_settled(tx, actor, target, branch)
    check_version(seen.message, version)
    if change.prompt_text is None and change.keeps_blocks:
        return seen.message
    new = _variant(seen.message, change, _kept_effects(tx, actor, seen.message, change))
    show(tx, actor, seen, store.variants.insert_variant(tx, actor.workspace, new))
    note_change(tx, actor, seen.message.chat_id, target)
    return see(tx, actor, get_message(tx, actor, target), branch).message


def hide(tx: WriteTx, actor: Actor, target: MessageId, *, hidden: bool) -> Message:
    """Keep a message out of prompts, or let it in again; lists show it either way."""
    actor.require(Scope.CHAT_WRITE)
    store.message_changes.lock_message(tx, actor.workspace, target)
    found = get_message(tx, actor, target)
    if found.hidden == hidden:
        return found
    store.message_changes.hide(tx, actor.workspace, target, hidden=hidden)
    note_change(tx, actor, found.chat_id, target)
    return replace(found, hidden=hidden, version=found.version + 1)


def _kept_effects(tx: WriteTx, actor: Actor, old: Message, change: Edit) -> dict[str, Json]:
    """An answer's effects are of the turn that wrote it, and stay; those of what people write are of its text."""
    if old.role is not MessageRole.ASSISTANT and change.prompt_text is not None:
        return {}
    return store.effects.find_effects(tx, actor.workspace, old.selected_variant_id)


def _variant(old: Message, change: Edit, kept: dict[str, Json]) -> NewVariant:
    text = old.prompt_text if change.prompt_text is None else change.prompt_text
    blocks = edited_blocks(old.blocks, old.prompt_text, text) if change.keeps_blocks else change.blocks
    meta = meta_of(change.raw_text, {**kept, **(change.effects or {})})
    reasoning = old.reasoning if change.keeps_blocks else ""
    if change.prompt_text is not None:
        blocks = noticed_blocks(text, reasoning, blocks, change.notices)
    return NewVariant(
        VariantId(uuid7()), old.id, VariantKind.MANUAL_EDIT, text, TextState.SETTLED, reasoning, blocks, meta
    )
