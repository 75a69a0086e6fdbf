"""Chat files as SillyTavern writes them, and messages as the database would give them back."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from fabula.core.ids import BranchId, ChatId, MessageId, ProfileId, VariantId, uuid7
from fabula.features.conversations import Message
from fabula.features.conversations.importing import ImportedMessage
from fabula.features.conversations.types import NewMessage, TextState, Variant, VariantKind
from fabula.features.transfer.chatfile import read_batches, write_message
from fabula.features.transfer.types import Cast

START = datetime(2020, 1, 1, tzinfo=UTC)
MIRA = ProfileId(uuid7())
CAST = Cast(MIRA, (("Mira", MIRA),))


def said(text: str, *, user: bool = False, **more: Any) -> dict[str, Any]:
    """A line as a current version writes it."""
    return {
        "name": "Ann" if user else "Mira",
        "is_user": user,
        "is_system": False,
        "send_date": "2024-06-05T14:56:50.682Z",
        "mes": text,
        "extra": {},
        **more,
    }


def swiped(texts: list[str], shown: int, **more: Any) -> dict[str, Any]:
    infos = [{"send_date": "2024-06-05T14:57:00.000Z", "extra": {"gen_id": n}} for n in range(len(texts))]
    return said(texts[shown], swipes=texts, swipe_id=shown, swipe_info=infos, **more)


def header(**metadata: Any) -> dict[str, Any]:
    return {"user_name": "unused", "character_name": "unused", "chat_metadata": metadata}


def chat_file(*lines: Any) -> bytes:
    return "\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines).encode()


def read_all(data: bytes) -> list[ImportedMessage]:
    return [message for batch in read_batches(data, CAST, START) for message in batch]


def stored(imported: ImportedMessage, seq: int = 0) -> tuple[Message, list[Variant]]:
    """What the database makes of an imported message, JSON columns included."""
    owner = MessageId(uuid7())
    variants = [
        Variant(
            VariantId(uuid7()),
            owner,
            made.kind,
            made.prompt_text,
            made.reasoning,
            made.blocks,
            json.loads(json.dumps(made.meta)),
            at == imported.selected,
            made.state,
            None,
            made.created_at,
        )
        for at, made in enumerate(imported.variants)
    ]
    shown = variants[imported.selected]
    new = NewMessage(imported.role, shown.prompt_text, imported.author)
    return message_of(owner, new, shown, len(variants), imported.hidden, seq), variants


def message_of(owner: MessageId, new: NewMessage, shown: Variant, count: int, hidden: bool, seq: int = 0) -> Message:
    return Message(
        owner,
        ChatId(uuid7()),
        BranchId(uuid7()),
        seq,
        new.role,
        new.author,
        shown.prompt_text,
        shown.reasoning,
        "markdown",
        None,
        shown.id,
        count,
        TextState.SETTLED,
        None,
        hidden,
        1,
        START,
    )


def new_variant(text: str, kind: VariantKind = VariantKind.GENERATION, reasoning: str = "") -> Variant:
    made = (VariantId(uuid7()), MessageId(uuid7()), kind, text, reasoning, None, None)
    return Variant(*made, is_selected=False, state=TextState.SETTLED, generation_id=None, created_at=START)


def written(imported: Iterable[ImportedMessage]) -> list[dict[str, Any]]:
    """What an export makes of messages nobody touched."""
    found = []
    for message in imported:
        kept, variants = stored(message)
        found.append(write_message(kept, variants, json.loads(json.dumps(message.meta))))
    return found
