"""Path and query parameters."""

from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Header, Path, Query
from pydantic import AfterValidator, WithJsonSchema

from fabula.core.errors import NotFound
from fabula.core.ids import BranchId, ChatId, GenerationId, JobId, MessageId, ProfileId, VariantId, is_uuid
from fabula.core.paging import DEFAULT_LIMIT, MAX_LIMIT

T = TypeVar("T", bound=str)


def known_id(text: T) -> T:
    """The canonical form of an id; a malformed one is not found, like any other that names nothing."""
    if not is_uuid(text):
        raise NotFound(text[:64])
    return type(text)(UUID(text))


def optional_id(text: T | None) -> T | None:
    """`known_id` of what may be left out; an empty text is no id."""
    return None if text is None else known_id(text)


_ID = (AfterValidator(known_id), WithJsonSchema({"type": "string", "format": "uuid"}))

ProfileIdPath = Annotated[ProfileId, Path(alias="profileId"), *_ID]
ChatIdPath = Annotated[ChatId, Path(alias="chatId"), *_ID]
BranchIdPath = Annotated[BranchId, Path(alias="branchId"), *_ID]
MessageIdPath = Annotated[MessageId, Path(alias="messageId"), *_ID]
VariantIdPath = Annotated[VariantId, Path(alias="variantId"), *_ID]
GenerationIdPath = Annotated[GenerationId, Path(alias="generationId"), *_ID]
JobIdPath = Annotated[JobId, Path(alias="jobId"), *_ID]

BranchIdQuery = Annotated[BranchId | None, Query(alias="branchId"), AfterValidator(optional_id)]
ChatIdQuery = Annotated[ChatId | None, Query(alias="chatId"), AfterValidator(optional_id)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most items to answer with.")]
Cursor = Annotated[str | None, Query(description="`nextCursor` of the page before.", max_length=2_000)]
# Without a bound: an id that is not ours has a meaning too.
LastEventId = Annotated[str | None, Header(alias="Last-Event-ID")]
LIMIT = DEFAULT_LIMIT
