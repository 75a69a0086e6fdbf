"""What a chat, a profile or a workspace binds: one shape, checked in one place."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from fabula.http.schemas import In, Scalar, Text

Name = Annotated[Text, Field(min_length=1, max_length=200)]


class AuthorNoteIn(In):
    """Text put into the prompt `depth` messages before its end, or beside the card where `position` says so."""

    text: Annotated[Text, Field(max_length=20_000)]
    depth: Annotated[int, Field(ge=0, le=10_000)] = 4
    role: Literal["system", "user", "assistant"] = "system"
    position: Literal["before_char", "after_char", "at_depth"] | None = None


def _as_note(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


class SettingsIn(In):
    """What is bound here. A field left out or null is decided further out: chat, then profile, then workspace."""

    pipeline_id: UUID | None = None
    preset_id: UUID | None = None
    connection_id: Name | None = None
    model: Name | None = None
    persona_id: UUID | None = None
    author_note: Annotated[AuthorNoteIn | None, BeforeValidator(_as_note)] = None
    vars: dict[Name, Scalar] | None = Field(None, max_length=1_000)

    def stored(self) -> dict[str, Any]:
        """What was given, as JSON by its API names."""
        found = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return {key: value for key, value in found.items() if value is not None}
