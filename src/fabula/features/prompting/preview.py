"""What a preview of a template is, and who can make one: it needs chats and profiles, which stand above this slice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from fabula.core.actor import Actor
from fabula.core.ids import ChatId, ProfileId
from fabula.db import Database


@dataclass(frozen=True, slots=True)
class Preview:
    """A rendered template; `variables` are the writes it asked for, none of which is kept."""

    text: str
    tokens: int
    counter: str
    unknown: tuple[str, ...]
    variables: Mapping[str, str]


class Previewer(Protocol):
    """Renders a template as a turn would; raises `TemplateInvalid`, `TemplateFailed` or a not-found error."""

    async def __call__(
        self, db: Database, actor: Actor, template: str, chat: ChatId | None, profile: ProfileId | None
    ) -> Preview: ...
