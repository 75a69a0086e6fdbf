"""What a route is given: who calls, and how to run a use case as one operation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Concatenate, ParamSpec, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from fabula.core.actor import Actor
from fabula.core.errors import invalid
from fabula.core.ids import InstanceId, OperationId
from fabula.db import Database, ReadTx, WriteTx
from fabula.engine import operations
from fabula.engine.operations import MAX_ID_LENGTH, Operation, OperationMismatch
from fabula.http.middleware import BODY_HASH

P = ParamSpec("P")
T = TypeVar("T")

ActorResolver = Callable[[Request], Awaitable[Actor]]
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class HttpContext:
    """Set once by the composition root; identity supplies `resolve_actor`."""

    db: Database
    instance: InstanceId
    resolve_actor: ActorResolver


@dataclass(frozen=True, slots=True)
class Caller:
    """The actor of this request, its operation if it has an id, and whether it asks for server-sent events."""

    actor: Actor
    db: Database
    operation: Operation | None
    wants_stream: bool

    async def read(self, fn: Callable[Concatenate[ReadTx, Actor, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.db.read(self.actor, fn, *args, **kwargs)

    async def is_repeat(self) -> bool:
        """Tell whether `write` will only give the first answer: then nothing may be done ahead of it.

        Raises `OperationMismatch` if the operation's id was used for another request.
        """
        operation = self.operation
        if operation is None:
            return False
        return await self.read(lambda tx, actor: operations.find_answer(tx, actor.workspace, operation)) is not None

    async def write(
        self,
        render: Callable[[T], BaseModel] | None,
        status: int,
        fn: Callable[Concatenate[WriteTx, Actor, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Response:
        """Run a use case of one transaction, once per operation id, and answer with what `render` makes of it.

        Claim, effect and remembered answer commit together. Without `render` the answer has no body. Raises
        `OperationMismatch` when the id began a turn: the same message was posted to be answered, as a stream.
        """

        def once(tx: WriteTx, actor: Actor) -> tuple[int, str | None]:
            operation = self.operation
            if operation is not None:
                answered = operations.claim(tx, actor.workspace, operation)
                if answered is not None:
                    if answered.reference is not None or answered.status is None:
                        raise OperationMismatch(operation.id)
                    return answered.status, answered.body
            result = fn(tx, actor, *args, **kwargs)
            body = None if render is None else render(result).model_dump_json(by_alias=True)
            if operation is not None:
                operations.finish(tx, actor.workspace, operation.id, status=status, body=body)
            return status, body

        code, body = await self.db.write(self.actor, once)
        return Response(body or b"", code, media_type=_JSON if body else None)


def _operation(request: Request, instance: InstanceId) -> Operation | None:
    given = request.headers.get("x-operation-id")
    body_hash = request.scope.get(BODY_HASH)
    if given is None or body_hash is None:
        return None
    if not given or len(given) > MAX_ID_LENGTH or not given.isascii() or not given.isprintable():
        raise invalid("header.X-Operation-Id", f"must be 1 to {MAX_ID_LENGTH} printable ASCII characters")
    path = request.url.path + ("?" + request.url.query if request.url.query else "")
    fingerprint = operations.fingerprint(request.method, path, body_hash.hexdigest())
    return Operation(OperationId(given), fingerprint, instance)


async def _caller(request: Request) -> Caller:
    context: HttpContext = request.app.state.http
    actor = await context.resolve_actor(request)
    wants_stream = "text/event-stream" in request.headers.get("accept", "")
    # FastAPI resolves dependencies after it has read the body, so the hash is complete.
    return Caller(actor, context.db, _operation(request, context.instance), wants_stream)


CallerDep = Annotated[Caller, Depends(_caller)]
