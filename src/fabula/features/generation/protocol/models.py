"""The workspace's profiles as the protocol's models."""

from collections.abc import AsyncIterator
from uuid import UUID

from msgspec.json import Encoder

from fabula.core.actor import Actor
from fabula.core.ids import ProfileId, is_uuid
from fabula.core.paging import MAX_LIMIT, Page
from fabula.db import ReadTx
from fabula.features import profiles
from fabula.features.generation.protocol.errors import AmbiguousModel, UnknownModel
from fabula.features.profiles import Profile, Wanted
from fabula.http.deps import Caller

_encode = Encoder().encode


async def list_models(call: Caller) -> AsyncIterator[bytes]:
    """The list, piece by piece: the protocol has no pages, but one page of profiles is all that is held at a time."""
    cursor: str | None = None
    start = b'{"object":"list","data":['
    while True:
        found = await call.read(_list_page, cursor)
        yield start + b",".join([describe(profile) for profile in found.items])
        cursor, start = found.next_cursor, b","
        if cursor is None:
            break
    yield b"]}"


def describe(profile: Profile) -> bytes:
    return _encode(
        {
            "id": profile.id,
            "object": "model",
            "created": int(profile.created_at.timestamp()),
            "owned_by": "fabula",
            "name": profile.name,
        }
    )


def find_model(tx: ReadTx, actor: Actor, model: str) -> Profile:
    """The profile of this id, or the only one of this name. Raises `ProfileNotFound`, `UnknownModel`, `AmbiguousModel`."""
    if is_uuid(model):
        return profiles.get_profile(tx, actor, profile_id(model))
    named, cursor = list[Profile](), None
    wanted = Wanted(text=model)
    while model:
        page = profiles.list_profiles(tx, actor, MAX_LIMIT, cursor, wanted)
        named += [profile for profile in page.items if profile.name == model]
        cursor = page.next_cursor
        if cursor is None or len(named) > 1:
            break
    if len(named) > 1:
        raise AmbiguousModel(model)
    if not named:
        raise UnknownModel(model)
    return named[0]


def profile_id(model: str) -> ProfileId:
    """The canonical form of an id."""
    return ProfileId(str(UUID(model)))


def _list_page(tx: ReadTx, actor: Actor, cursor: str | None) -> Page[Profile]:
    return profiles.list_profiles(tx, actor, MAX_LIMIT, cursor)
