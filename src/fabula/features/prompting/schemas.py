"""Prompt templates over HTTP."""

from typing import Annotated

from pydantic import Field, model_validator

from fabula.core.ids import ChatId, ProfileId
from fabula.features.prompting.preview import Preview
from fabula.features.prompting.template import MAX_SOURCE
from fabula.features.prompting.types import PromptTemplate
from fabula.http.schemas import In, Instant, Out, Text

Name = Annotated[Text, Field(min_length=1, max_length=200)]
Source = Annotated[Text, Field(max_length=MAX_SOURCE)]


class TemplateOut(Out):
    id: str
    name: str
    enabled: bool
    scope: str
    scope_id: str | None
    engine: str
    template_text: str
    variables: dict[str, str]
    version: int
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, template: PromptTemplate) -> "TemplateOut":
        return cls(
            id=template.id,
            name=template.name,
            enabled=template.enabled,
            scope=template.scope,
            scope_id=template.scope_id,
            engine=template.engine,
            template_text=template.text,
            variables=dict(template.variables),
            version=template.version,
            created_at=template.created_at,
            updated_at=template.updated_at,
        )


class TemplateIn(In):
    """`scopeId` is the chat's or profile's id; `variables` are defaults that `{{getvar}}` sees."""

    name: Name
    template_text: Source
    scope: str = "global"
    scope_id: str | None = None
    enabled: bool = True
    variables: dict[Text, Text] = Field(default_factory=dict)


class TemplatePutIn(TemplateIn):
    version: int | None = None


class TemplateChangeIn(In):
    """What is left out stays; `scopeId` goes with `scope`."""

    name: Name | None = None
    template_text: Source | None = None
    scope: str | None = None
    scope_id: str | None = None
    enabled: bool | None = None
    variables: dict[Text, Text] | None = None
    version: int | None = None

    @model_validator(mode="after")
    def _id_needs_scope(self) -> "TemplateChangeIn":
        if self.scope_id is not None and self.scope is None:
            raise ValueError("scopeId goes with scope")
        return self


class PreviewIn(In):
    """With a chat, as its next turn would render it; with a profile, as a new chat's first turn would."""

    template_text: Source
    chat_id: ChatId | None = None
    entity_profile_id: ProfileId | None = None


class PreviewOut(Out):
    """Nothing was stored: `variables` are the writes that were thrown away."""

    text: str
    tokens: int
    counter: str
    unknown_macros: list[str]
    variables: dict[str, str]

    @classmethod
    def of(cls, preview: Preview) -> "PreviewOut":
        return cls(
            text=preview.text,
            tokens=preview.tokens,
            counter=preview.counter,
            unknown_macros=list(preview.unknown),
            variables=dict(preview.variables),
        )
