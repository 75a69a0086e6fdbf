"""Who changed what: one append-only row per configuration change, in the transaction of the change."""

from fabula.core.actor import Actor
from fabula.db import WriteTx
from fabula.features.audit import store
from fabula.plugins import Json

__all__ = ["record"]


def record(
    tx: WriteTx,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: str | None,
    *,
    before: dict[str, Json] | None = None,
    after: dict[str, Json] | None = None,
) -> None:
    """Note a change; `before` and `after` hold what changed, without secrets."""
    store.insert_record(tx, actor, action, object_type, object_id, before, after)
