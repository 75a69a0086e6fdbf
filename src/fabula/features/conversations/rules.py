"""Pure decisions about conversations."""

from collections.abc import Sequence

from fabula.core.ids import MessageId, VariantId
from fabula.features.conversations.types import Branch, Segment
from fabula.plugins import Json

TITLE_CHARS = 80
PREVIEW_CHARS = 160


def one_line(text: str, limit: int) -> str:
    """`text` on one line, cut at `limit` characters with an ellipsis, at a space where one is near."""
    flat = " ".join(text[: limit * 4].split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip() + "…"


def segments_of(lineage: Sequence[Branch]) -> tuple[Segment, ...]:
    """The stretches of a branch's history, newest first. `lineage` is the branch, its parent, … up to `main`.

    A branch shows its ancestors up to and including the fork message, with the pins of every fork on the way.
    The parent owns the fork message, so `fork_seq` falls from a branch to its parent.
    """
    found: list[Segment] = []
    upto, pin = lineage[0].last_seq, None
    for branch in lineage:
        found.append(Segment(branch.id, branch.fork_seq, upto, pin))
        upto, pin = branch.fork_seq, pin_of(branch)
    return tuple(found)


def pin_of(branch: Branch) -> tuple[MessageId, VariantId] | None:
    """The variant this branch pins at its fork message, if it does."""
    if branch.forked_from_message_id is None or branch.forked_from_variant_id is None:
        return None
    return branch.forked_from_message_id, branch.forked_from_variant_id


def shown_blocks(text: str, reasoning: str, blocks: list[dict[str, Json]] | None) -> list[dict[str, Json]]:
    """What people see: stored blocks as they are; else the text, with its reasoning before it where there is one.

    An empty list means: show the text as markdown.
    """
    if blocks is not None:
        return blocks
    if not reasoning:
        return []
    return [
        {"type": "reasoning", "visibility": "ui_only", "text": reasoning},
        {"type": "text", "visibility": "both", "text": text},
    ]
