"""Who changed what: one append-only row per configuration change, in the transaction of the change."""

from collections.abc import Mapping

from fabula.core.actor import Actor
from fabula.db import WriteTx
from fabula.features.audit import store
from fabula.plugins import Json

__all__ = ["record", "record_each"]


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
    store.insert_records(tx, actor, action, object_type, [(object_id, before, after)])


def record_each(tx: WriteTx, actor: Actor, action: str, object_type: str, made: Mapping[str, dict[str, Json]]) -> None:
    """Note as many changes of a kind as there are objects in `made`: by id, what each is now."""
    store.insert_records(tx, actor, action, object_type, [(key, None, after) for key, after in made.items()])
