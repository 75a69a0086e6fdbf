"""Pure decisions about conversations."""

from collections.abc import Mapping, Sequence

from fabula.features.conversations.types import Branch, HistoryLine, Message, Pin, Segment, TextState, Variant
from fabula.plugins import Json

TITLE_CHARS = 80
PREVIEW_CHARS = 160
# What a variant's meta may say of effects that writing it had; read back along a branch (see `standing`).
EFFECTS = frozenset({"lore", "vars"})
# Where a variant's meta says which of its card's greetings it is: the number outlives deletions, edits and copies.
GREETING = "greeting"

# How the codes of notices begin that come of expanding a text's macros: they go when the text is replaced.
_OF_MACROS = "macros."


def one_line(text: str, limit: int) -> str:
    """`text` on one line, cut at `limit` characters with an ellipsis, at a space where one is near."""
    flat = " ".join(text[: limit * 4].split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip() + "…"


def preview_of(last: HistoryLine | None) -> str | None:
    """A chat's preview, from what people last see of it."""
    return None if last is None else one_line(last.text, PREVIEW_CHARS)


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


def own_segment(branch: Branch) -> Segment:
    """What a branch adds to its ancestors."""
    return Segment(branch.id, branch.fork_seq, branch.last_seq, None)


def pin_of(branch: Branch) -> Pin | None:
    """The variant this branch pins at its fork message, if it does."""
    if branch.forked_from_message_id is None or branch.forked_from_variant_id is None:
        return None
    return Pin(branch.id, branch.forked_from_message_id, branch.forked_from_variant_id)


def find_segment(segments: Sequence[Segment], message: Message) -> Segment | None:
    """The stretch that shows `message`; None when this line of history does not."""
    for segment in segments:
        if segment.branch_id == message.branch_id and segment.after < message.seq <= segment.upto:
            return segment
    return None


def meta_of(raw_text: str | None, effects: Mapping[str, Json] | None) -> dict[str, Json] | None:
    """A new variant's meta: its text before macros where they changed it, and their effects."""
    raw: dict[str, Json] = {} if raw_text is None else {"rawText": raw_text}
    return {**raw, **(effects or {})} or None


def neighbour(variants: Sequence[Variant], gone: Variant) -> Variant | None:
    """What is selected when the selected variant `gone` is deleted: the one before it, or the next for the first.

    What is being written, for a branch that pins it, is passed over; None where there is nothing else.
    """
    at = variants.index(gone)
    others = (*reversed(variants[:at]), *variants[at + 1 :])
    return next((other for other in others if other.state is not TextState.STREAMING), None)


def edited_blocks(blocks: list[dict[str, Json]] | None, old: str, new: str) -> list[dict[str, Json]] | None:
    """Kept blocks after an edit of the text: a text block that showed all of the old text shows the new one."""
    if blocks is None:
        return None
    return [{**b, "text": new} if b.get("type") == "text" and b.get("text") == old else b for b in blocks]


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


def noticed_blocks(
    text: str, reasoning: str, blocks: list[dict[str, Json]] | None, notices: Sequence[dict[str, Json]]
) -> list[dict[str, Json]] | None:
    """The blocks of a text whose macros were just expanded: `notices` of that stand in place of those before.

    None where the text, with its reasoning, says all there is to see.
    """
    if not blocks and not notices:
        return blocks
    plain = shown_blocks(text, reasoning, None) or [{"type": "text", "visibility": "both", "text": text}]
    bare = None if blocks is None else [b for b in blocks if not str(b.get("code", "")).startswith(_OF_MACROS)]
    if bare == plain and bare != blocks:
        bare = None
    return [*(bare or plain), *notices] if notices else bare


def shown_text(text: str, blocks: list[dict[str, Json]] | None) -> str:
    """The text people see: that of the text blocks meant for them, or the message's where there are none."""
    seen = [b.get("text") for b in blocks or () if b.get("type") == "text" and b.get("visibility") != "prompt_only"]
    return "\n\n".join(part for part in seen if isinstance(part, str)) or text
