"""Lorebooks over HTTP; their entries are in `entry_schemas`."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from fabula.core.ids import ChatId
from fabula.features.lore.entry_schemas import Content, Count
from fabula.features.lore.importing import BookItem
from fabula.features.lore.library import describe
from fabula.features.lore.try_out import TriedOut
from fabula.features.lore.types import Binding, LorebookId, StoredBook
from fabula.http.schemas import In, Instant, Out, Plain, Text

Name = Annotated[Text, Field(min_length=1, max_length=500)]
_OWN = frozenset({"extensions", "version"})


class BookOut(Out):
    id: str
    name: str
    description: str
    scan_depth: int
    token_budget: int | None
    recursive: bool
    max_recursion_steps: int
    extensions: dict[str, Any]
    entry_count: int
    version: int
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, book: StoredBook) -> "BookOut":
        return cls.model_validate(describe(book))


class BookChangeIn(In):
    """What is left out stays. `tokenBudget` null: a quarter of the context. In `extensions`, null removes one."""

    name: Name | None = None
    description: Content | None = None
    scan_depth: Count | None = None
    token_budget: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    recursive: bool | None = None
    max_recursion_steps: Count | None = None
    extensions: dict[Text, Plain] = Field(default_factory=dict)
    version: int | None = None

    def fields(self) -> dict[str, object]:
        """The fields given; null means nothing but in `token_budget`."""
        given = self.model_dump(exclude_unset=True, exclude=set(_OWN))
        return {name: value for name, value in given.items() if value is not None or name == "token_budget"}


class BookIn(BookChangeIn):
    name: Name


class BindingIn(In):
    scope: str
    scope_id: str | None = None


class BindingOut(Out):
    id: str
    lorebook_id: str
    scope: str
    scope_id: str | None
    created_at: Instant

    @classmethod
    def of(cls, binding: Binding) -> "BindingOut":
        return cls(
            id=binding.id,
            lorebook_id=binding.lorebook_id,
            scope=binding.scope,
            scope_id=binding.scope_id,
            created_at=binding.created_at,
        )


class NoteOut(Out):
    code: str
    path: str
    message: str


class ItemErrorOut(Out):
    code: str
    message: str


class BookItemOut(Out):
    file: str
    status: str
    lorebook_id: str | None
    name: str | None
    warnings: list[NoteOut]
    error: ItemErrorOut | None


class BooksImportOut(Out):
    """What became of each file, in the order given."""

    items: list[BookItemOut]

    @classmethod
    def of(cls, items: list[BookItem]) -> "BooksImportOut":
        return cls(items=[_item(item) for item in items])


def _item(item: BookItem) -> BookItemOut:
    return BookItemOut(
        file=item.file,
        status=item.status.value,
        lorebook_id=item.lorebook_id,
        name=item.name,
        warnings=[NoteOut(code=code, path=path, message=text) for code, path, text in item.notes],
        error=None if item.error is None else ItemErrorOut(code=item.error[0], message=item.error[1]),
    )


class TryOutIn(In):
    """A text to scan, or a chat whose next turn is meant."""

    text: Content | None = None
    chat_id: ChatId | None = None
    lorebook_ids: list[LorebookId] | None = Field(None, max_length=100)

    @model_validator(mode="after")
    def _has_something(self) -> "TryOutIn":
        if self.text is None and self.chat_id is None:
            raise ValueError("give a text or a chatId")
        return self


class TryOutOut(Out):
    """What would fire and what nearly did, as a turn's trace says it."""

    lore: list[dict[str, Any]]
    warnings: list[str]

    @classmethod
    def of(cls, tried: TriedOut) -> "TryOutOut":
        return cls(lore=[dict(item) for item in tried.lore], warnings=list(tried.warnings))
