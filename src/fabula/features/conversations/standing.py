"""Where a branch stands: what writing its variants did beside their text, how many answers it has, how it began.

Effects, such as variables set and lore that stays awake, are kept in the variant's meta and read back along a branch,
so a swipe, a fork or a pin shows the effects of what it shows, and nothing ever has to be undone.
"""

from collections.abc import Mapping

from fabula.core.actor import Actor, Scope
from fabula.core.ids import VariantId
from fabula.db import ReadTx, WriteTx
from fabula.features.conversations import store
from fabula.features.conversations.rules import GREETING, segments_of
from fabula.features.conversations.types import Branch, Chat, VariantKind
from fabula.plugins import Json


def list_effects(tx: ReadTx, actor: Actor, chat: Chat, branch: Branch, upto: int) -> list[Mapping[str, Json]]:
    """The metas of the variants that `branch` shows at `seq < upto` and that have effects, oldest first.

    One query where the chat has none, however long it is.
    """
    actor.require(Scope.CHAT_READ)
    found = store.effects.list_effects(tx, actor.workspace, chat.id)
    if not found:
        return []
    segments = {s.branch_id: s for s in segments_of(store.branches.list_lineage(tx, actor.workspace, chat, branch))}
    shown: list[Mapping[str, Json]] = []
    for effect in found:
        segment = segments.get(effect.branch_id)
        if segment is None or not segment.after < effect.seq <= segment.upto or effect.seq >= upto:
            continue
        pin = segment.pin
        pinned = pin is not None and pin.message_id == effect.message_id
        if effect.variant_id == (pin.variant_id if pin is not None and pinned else effect.selected_variant_id):
            shown.append(effect.meta)
    return shown


def note_effects(tx: WriteTx, actor: Actor, variant: VariantId, effects: Mapping[str, Json]) -> None:
    """Keep what writing `variant` did; harmless when it is gone."""
    actor.require(Scope.CHAT_WRITE)
    store.effects.lay_over_meta(tx, actor.workspace, variant, effects)


def count_answers(tx: ReadTx, actor: Actor, chat: Chat, branch: Branch, upto: int) -> int:
    """Shown messages of the assistant at `seq < upto`. Looks at every one of them: for turns that ask, not for all."""
    actor.require(Scope.CHAT_READ)
    segments = segments_of(store.branches.list_lineage(tx, actor.workspace, chat, branch))
    return sum(store.standing.count_answers(tx, actor.workspace, segment, upto) for segment in segments)


def find_greeting(tx: ReadTx, actor: Actor, chat: Chat, branch: Branch) -> int | None:
    """Which of the card's greetings the branch begins with, from 0; None when it begins with none."""
    actor.require(Scope.CHAT_READ)
    segments = segments_of(store.branches.list_lineage(tx, actor.workspace, chat, branch))
    first = store.standing.find_first(tx, actor.workspace, segments[-1].branch_id)
    if first is None:
        return None
    message, shown = first
    pin = segments[-1].pin
    if pin is not None and pin.message_id == message:
        shown = pin.variant_id
    variants = store.variants.list_variants(tx, actor.workspace, message, shown)
    number = next(((variant.meta or {}).get(GREETING) for variant in variants if variant.id == shown), None)
    if isinstance(number, int):
        return number
    # A chat that began before numbers were kept: its place among the greetings that are left.
    greetings = [variant.id for variant in variants if variant.kind is VariantKind.GREETING]
    return greetings.index(shown) if shown in greetings else None
