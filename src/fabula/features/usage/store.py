"""SQL of usage events."""

from collections.abc import Sequence

import sqlalchemy as sa

from fabula.core.ids import ChatId, GenerationId, WorkspaceId, uuid7
from fabula.db import WriteTx
from fabula.db.hot import hot
from fabula.features.usage.tables import usage_events
from fabula.features.usage.types import Meter

_INSERT = sa.insert(usage_events)
# What every turn runs.
hot(_INSERT)


def insert_events(
    tx: WriteTx,
    ws: WorkspaceId,
    quantities: Sequence[tuple[Meter, int]],
    model: str | None,
    chat: ChatId | None,
    generation: GenerationId | None,
    operation: str | None,
) -> None:
    rows = [
        {
            "id": uuid7(),
            "workspace_id": ws,
            "meter": meter.value,
            "quantity": quantity,
            "model": model,
            "chat_id": chat,
            "generation_id": generation,
            "operation_id": operation,
            "created_at": tx.now,
            "updated_at": tx.now,
        }
        for meter, quantity in quantities
    ]
    tx.post(_INSERT, rows)
