"""Ask for the import of a whole folder."""

from collections.abc import Callable, Mapping
from pathlib import Path

from fabula.core.actor import Actor, Scope
from fabula.core.ids import JobId
from fabula.db import WriteTx
from fabula.engine.blobs import BlobKey
from fabula.plugins import Json

IMPORT_FOLDER = "transfer.sillytavern"
# What an import brings in, so what its caller must be allowed to bring in.
_NEEDED = (Scope.CHAT_WRITE, Scope.PROFILE_WRITE, Scope.WORKSHOP_WRITE)

# `Jobs.enqueue`, or what stands in for it.
Enqueue = Callable[[WriteTx, Actor, str, Mapping[str, Json]], JobId]


def import_archive(tx: WriteTx, actor: Actor, enqueue: Enqueue, archive: BlobKey) -> JobId:
    """Enqueue the import of a zip that is stored already."""
    return _enqueue(tx, actor, enqueue, {"blob": archive})


def import_local(tx: WriteTx, actor: Actor, enqueue: Enqueue, folder: Path) -> JobId:
    """Enqueue the import of a folder of this machine. Only for its own user: it reads whatever the server may read."""
    actor.require(Scope.ADMIN)
    return _enqueue(tx, actor, enqueue, {"folder": str(folder.resolve())})


def _enqueue(tx: WriteTx, actor: Actor, enqueue: Enqueue, payload: Mapping[str, Json]) -> JobId:
    for scope in _NEEDED:
        actor.require(scope)
    return enqueue(tx, actor, IMPORT_FOLDER, payload)
