"""Ask a connection what it offers: to try it out, and to choose a model from."""

import time

from fabula.core.actor import Actor, Scope
from fabula.core.errors import AppError
from fabula.db import Database
from fabula.features.connections.choose import Connections
from fabula.features.connections.read import get_connection
from fabula.features.connections.types import Checked, ConnectionId
from fabula.plugins import ModelInfo


async def check_connection(db: Database, actor: Actor, connections: Connections, connection: ConnectionId) -> Checked:
    """Call the connection once; a failure is a result, not an error. Raises `ConnectionNotFound`."""
    actor.require(Scope.WORKSHOP_WRITE)
    found = await db.read(actor, get_connection, connections.built_in(), connection)
    began = time.perf_counter()
    models: tuple[ModelInfo, ...] = ()
    error: tuple[str, str] | None = None
    try:
        async with connections.reach(actor.workspace, found) as model:
            models = await model.list_models()
    except AppError as problem:
        error = problem.code, problem.message
    return Checked((time.perf_counter() - began) * 1000, models, error)


async def list_models(
    db: Database, actor: Actor, connections: Connections, connection: ConnectionId
) -> tuple[ModelInfo, ...]:
    """The models a connection lists; raises `ConnectionNotFound`, or the `ModelError` of the call."""
    found = await db.read(actor, get_connection, connections.built_in(), connection)
    async with connections.reach(actor.workspace, found) as model:
        return await model.list_models()
