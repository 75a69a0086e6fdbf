"""How a request becomes an actor."""

from fastapi import Request

from fabula.core.actor import Actor
from fabula.http.deps import ActorResolver


def local_resolver(owner: Actor) -> ActorResolver:
    """Local mode: whoever passed the fences is the owner."""

    async def resolve(request: Request) -> Actor:
        return owner

    return resolve
