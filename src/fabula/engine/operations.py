"""Operation ids: the same request repeated has one effect and one answer.

The id is claimed inside the first write transaction of the operation, never outside it, so claim and effect commit
together. A one-transaction operation is `done` at its commit; a longer one commits as `running` with a reference
(a generation id) that repeats attach to.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from fabula.core.errors import AppError, Kind
from fabula.core.ids import InstanceId, OperationId, WorkspaceId
from fabula.db import ReadTx, WriteTx
from fabula.engine import store

MAX_ID_LENGTH = 200


class OperationMismatch(AppError):
    kind, code = Kind.CONFLICT, "operations.mismatch"
    operation_id: str

    @property
    def message(self) -> str:
        return f"operation id {self.operation_id!r} was used for another request; make a new id for a new operation"


@dataclass(frozen=True, slots=True)
class Operation:
    """What the caller said: its id, and what identifies the request."""

    id: OperationId
    fingerprint: str
    owner: InstanceId


@dataclass(frozen=True, slots=True)
class Answered:
    """The first answer: a status and JSON body, or a reference to what the operation made."""

    status: int | None
    body: str | None
    reference: str | None


def fingerprint(method: str, path: str, body_sha256: str) -> str:
    """Identify a request: SHA-256 over method, path with query, and the body's SHA-256."""
    return hashlib.sha256(f"{method} {path} {body_sha256}".encode()).hexdigest()


def claim(tx: WriteTx, ws: WorkspaceId, operation: Operation) -> Answered | None:
    """Claim the id in this transaction. None: it is ours, go on. Otherwise the answer of the first one.

    Raises `OperationMismatch` when the id belongs to another request.
    """
    if store.insert_operation(tx, ws, operation.id, operation.fingerprint, operation.owner):
        return None
    # None if its owner rolled back or was reaped between the two statements
    return find_answer(tx, ws, operation) or claim(tx, ws, operation)


def find_answer(tx: ReadTx, ws: WorkspaceId, operation: Operation) -> Answered | None:
    """The first answer; None if nobody has claimed the id. Raises as `claim`."""
    row = store.find_operation(tx, ws, operation.id)
    if row is None:
        return None
    if row.fingerprint != operation.fingerprint:
        raise OperationMismatch(operation.id)
    return Answered(row.answer_status, row.answer_body, row.reference)


def finish(
    tx: WriteTx,
    ws: WorkspaceId,
    operation: OperationId,
    *,
    status: int | None = None,
    body: str | None = None,
    reference: str | None = None,
) -> None:
    """Remember the outcome; in the transaction that makes it true."""
    store.finish_operation(tx, ws, operation, status, body, reference)


def release(tx: WriteTx, ws: WorkspaceId, operation: OperationId) -> None:
    """Free the id of an operation that failed after its first transaction: only committed outcomes are remembered."""
    store.delete_operation(tx, ws, operation)


def purge(tx: WriteTx, hours: float) -> int:
    """Forget operations older than `hours`."""
    return store.purge_operations(tx, tx.now - timedelta(hours=hours))
