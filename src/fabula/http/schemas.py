"""What every DTO shares: camelCase outside, snake_case inside, unknown input fields refused."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

from fabula.core.clock import iso

T = TypeVar("T")


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain the character U+0000")
    return text


# Text that both databases can hold.
Text = Annotated[str, AfterValidator(_storable)]
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
