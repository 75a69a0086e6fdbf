"""The workspace's profiles as the protocol's models."""

from collections.abc import AsyncIterator
from uuid import UUID

from msgspec.json import Encoder

from fabula.core.actor import Actor
from fabula.core.ids import ProfileId, is_uuid
from fabula.db import ReadTx
from fabula.features import profiles
from fabula.features.generation.protocol.errors import AmbiguousModel, UnknownModel
from fabula.features.profiles import ProfileName
from fabula.http.deps import Caller

# What is held at a time: about half a megabyte, in a read of a few milliseconds.
_PAGE = 2000
_encode = Encoder().encode


async def list_models(call: Caller) -> AsyncIterator[bytes]:
    """The list, piece by piece: the protocol has no pages, but one page of names is all that is held at a time."""
    after: ProfileId | None = None
    start = b'{"object":"list","data":['
    while True:
        found = await call.read(profiles.list_names, after, _PAGE)
        if found or after is None:
            yield start + b",".join(map(describe, found))
        if len(found) < _PAGE:
            break
        after, start = found[-1].id, b","
    yield b"]}"


def describe(profile: ProfileName) -> bytes:
    return _encode(
        {
            "id": profile.id,
            "object": "model",
            "created": int(profile.created_at.timestamp()),
            "owned_by": "fabula",
            "name": profile.name,
        }
    )


def find_model(tx: ReadTx, actor: Actor, model: str) -> ProfileName:
    """The profile of this id, or the only one of this name. Raises `ProfileNotFound`, `UnknownModel`, `AmbiguousModel`."""
    if is_uuid(model):
        found = profiles.get_profile(tx, actor, profile_id(model))
        return ProfileName(found.id, found.name, found.created_at)
    named = profiles.find_named(tx, actor, model)
    if len(named) > 1:
        raise AmbiguousModel(model)
    if not named:
        raise UnknownModel(model)
    return named[0]


def profile_id(model: str) -> ProfileId:
    """The canonical form of an id."""
    return ProfileId(str(UUID(model)))
