"""What every DTO shares: camelCase outside, snake_case inside, unknown input fields refused."""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

from fabula.core.clock import iso
from fabula.core.storable import MAX_DEPTH, is_plain, is_storable

T = TypeVar("T")


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError("must not contain the character U+0000 or half a character")
    return text


def _plain(value: T) -> T:
    if not is_plain(value):
        texts = "texts without the character U+0000 and half a character"
        raise ValueError(f"must hold only finite numbers, {texts}, and at most {MAX_DEPTH} levels")
    return value


# Text that both databases can hold.
Text = Annotated[str, AfterValidator(_storable)]
# The same of any JSON value, and of one that holds no others.
Plain = Annotated[Any, AfterValidator(_plain)]
Scalar = Annotated[str | bool | int | float | None, AfterValidator(_plain)]
Instant = Annotated[datetime, PlainSerializer(iso, return_type=str, when_used="json")]


class In(BaseModel):
    """A request body."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Out(BaseModel):
    """An answer; no defaults, so that nothing is forgotten."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class PageOut(Out, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None


class ErrorOut(BaseModel):
    """The one error shape. `code` is stable API; `details` depends on it."""

    code: str
    message: str
    trace_id: str
    details: dict[str, object] | None
