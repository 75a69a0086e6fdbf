"""SQL of instances and leases, by the database's clock."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from fabula.core.ids import InstanceId
from fabula.db import ReadTx, WriteTx
from fabula.db.dialect import insert_if_absent, upsert
from fabula.engine.tables import instances, leases

_P = sa.bindparam
_DATABASE_NOW = sa.select(sa.func.now(type_=instances.c.heartbeat_at.type))
_SAVE_INSTANCE = upsert(instances, ("id",), ("heartbeat_at",))
_DELETE_INSTANCE = sa.delete(instances).where(instances.c.id == _P("instance"))
_DELETE_OTHERS = sa.delete(instances).where(instances.c.id != _P("instance"))
_DELETE_SILENT = sa.delete(instances).where(instances.c.heartbeat_at < _P("before"))
_LIVING = sa.select(instances.c.id)

_FIND_LEASE = sa.select(leases.c.holder, leases.c.expires_at).where(leases.c.name == _P("lease")).with_for_update()
_INSERT_LEASE = insert_if_absent(leases)
_TAKE_LEASE = sa.update(leases).where(leases.c.name == _P("lease")).values(holder=_P("taker"), expires_at=_P("until"))


def database_now(tx: ReadTx) -> datetime:
    """The database's clock: the one all processes share."""
    found = tx.execute(_DATABASE_NOW).scalar_one()
    assert isinstance(found, datetime)
    return found


def save_instance(tx: WriteTx, instance: InstanceId, role: str, host: str, version: str) -> None:
    """Insert this process, or renew its heartbeat."""
    now = database_now(tx)
    row = {"id": instance, "role": role, "host": host, "version": version, "started_at": now, "heartbeat_at": now}
    tx.execute(_SAVE_INSTANCE, row)


def delete_instance(tx: WriteTx, instance: InstanceId) -> None:
    tx.execute(_DELETE_INSTANCE, {"instance": instance})


def delete_other_instances(tx: WriteTx, instance: InstanceId) -> None:
    tx.execute(_DELETE_OTHERS, {"instance": instance})


def delete_silent_instances(tx: WriteTx, lease_seconds: float) -> int:
    """Declare dead every process whose heartbeat is older than the lease."""
    before = database_now(tx) - timedelta(seconds=lease_seconds)
    return tx.execute(_DELETE_SILENT, {"before": before}).rowcount


def list_living(tx: ReadTx) -> frozenset[InstanceId]:
    return frozenset(InstanceId(row.id) for row in tx.execute(_LIVING))


def take_lease(tx: WriteTx, name: str, holder: InstanceId, seconds: float) -> bool:
    """Take or renew the lease `name`; False while another living holder has it."""
    now = database_now(tx)
    until = now + timedelta(seconds=seconds)
    if tx.execute(_INSERT_LEASE, {"name": name, "holder": holder, "expires_at": until}).rowcount == 1:
        return True
    found = tx.execute(_FIND_LEASE, {"lease": name}).one()
    if found.holder != holder and found.expires_at > now:
        return False
    tx.execute(_TAKE_LEASE, {"lease": name, "taker": holder, "until": until})
    return True
