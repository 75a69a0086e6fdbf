"""Conversations over HTTP."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from fabula.core.ids import BranchId, ChatId, GenerationId, MessageId, ProfileId, VariantId
from fabula.features.conversations.rules import shown_blocks
from fabula.features.conversations.types import Author, Branch, Chat, Hit, Message, Variant
from fabula.http.params import known_id
from fabula.http.schemas import In, Instant, Out, Text
from fabula.http.settings import SettingsIn

BranchRef = Annotated[BranchId, AfterValidator(known_id)]
MessageRef = Annotated[MessageId, AfterValidator(known_id)]
VariantRef = Annotated[VariantId, AfterValidator(known_id)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Variants = Literal["selected", "all"]
Title = Annotated[Text, Field(max_length=500)]


class ChatPatchIn(In):
    title: Title | None = None
    status: Literal["active", "archived"] | None = None
    settings: SettingsIn | None = None
    version: Version | None = None


class BranchIn(In):
    forked_from_message_id: MessageRef
    forked_from_variant_id: VariantRef | None = None
    title: Title = ""


class BranchPatchIn(In):
    title: Title


class ForkIn(In):
    """Without a message, the whole history of the active branch is copied.

    `variants` may stand in the query instead; only the selected ones are copied if it stands nowhere.
    """

    message_id: MessageRef | None = None
    variants: Variants | None = None
    title: Title = ""


class HideIn(In):
    hidden: bool = True


class SelectIn(In):
    branch_id: BranchRef | None = None


class ChatOut(Out):
    id: ChatId
    kind: str
    entity_profile_id: ProfileId | None
    title: str
    active_branch_id: BranchId
    status: str
    settings: dict[str, Any]
    version: int
    created_at: Instant
    updated_at: Instant
    last_message_at: Instant | None
    last_message_preview: str | None

    @classmethod
    def of(cls, chat: Chat) -> "ChatOut":
        return cls.model_construct(
            id=chat.id,
            kind=chat.kind.value,
            entity_profile_id=chat.entity_profile_id,
            title=chat.title,
            active_branch_id=chat.active_branch_id,
            status=chat.status.value,
            settings=chat.settings,
            version=chat.version,
            created_at=chat.created_at,
            updated_at=chat.updated_at,
            last_message_at=chat.last_message_at,
            last_message_preview=chat.last_message_preview,
        )


class BranchOut(Out):
    id: BranchId
    chat_id: ChatId
    title: str
    parent_branch_id: BranchId | None
    forked_from_message_id: MessageId | None
    forked_from_variant_id: VariantId | None
    is_active: bool
    created_at: Instant

    @classmethod
    def of(cls, branch: Branch) -> "BranchOut":
        return cls.model_construct(
            id=branch.id,
            chat_id=branch.chat_id,
            title=branch.title,
            parent_branch_id=branch.parent_branch_id,
            forked_from_message_id=branch.forked_from_message_id,
            forked_from_variant_id=branch.forked_from_variant_id,
            is_active=branch.is_active,
            created_at=branch.created_at,
        )


class AuthorOut(Out):
    kind: str
    id: str | None
    name: str

    @classmethod
    def of(cls, author: Author) -> "AuthorOut":
        return cls.model_construct(kind=author.kind, id=author.id, name=author.name)


class MessageOut(Out):
    """Without `blocks`, `promptText` is shown as markdown.

    A `notice` block is for people: `code` `macros.unknown` names macros that stayed as text, `macros.comment` is what a
    `{{comment: …}}` said.
    """

    id: MessageId
    chat_id: ChatId
    branch_id: BranchId
    seq: int
    role: str
    author: AuthorOut
    prompt_text: str
    format: str
    blocks: list[dict[str, Any]]
    selected_variant_id: VariantId
    variant_count: int
    state: str
    generation_id: GenerationId | None
    hidden: bool
    version: int
    created_at: Instant

    @classmethod
    def of(cls, message: Message) -> "MessageOut":
        return cls.model_construct(
            id=message.id,
            chat_id=message.chat_id,
            branch_id=message.branch_id,
            seq=message.seq,
            role=message.role.value,
            author=AuthorOut.of(message.author),
            prompt_text=message.prompt_text,
            format=message.format,
            blocks=shown_blocks(message.prompt_text, message.reasoning, message.blocks),
            selected_variant_id=message.selected_variant_id,
            variant_count=message.variant_count,
            state=message.state.value,
            generation_id=message.generation_id,
            hidden=message.hidden,
            version=message.version,
            created_at=message.created_at,
        )


class VariantOut(Out):
    id: VariantId
    message_id: MessageId
    kind: str
    prompt_text: str
    blocks: list[dict[str, Any]]
    is_selected: bool
    state: str
    generation_id: GenerationId | None
    created_at: Instant

    @classmethod
    def of(cls, variant: Variant) -> "VariantOut":
        return cls.model_construct(
            id=variant.id,
            message_id=variant.message_id,
            kind=variant.kind.value,
            prompt_text=variant.prompt_text,
            blocks=shown_blocks(variant.prompt_text, variant.reasoning, variant.blocks),
            is_selected=variant.is_selected,
            state=variant.state.value,
            generation_id=variant.generation_id,
            created_at=variant.created_at,
        )


class SearchHitOut(Out):
    """`ranges` of the excerpt, [start, end) in UTF-16 units, are what was found."""

    type: str
    id: str
    chat_id: ChatId | None
    branch_id: BranchId | None
    message_id: MessageId | None
    excerpt: str
    ranges: list[tuple[int, int]]

    @classmethod
    def of(cls, hit: Hit) -> "SearchHitOut":
        return cls.model_construct(
            type=hit.type,
            id=hit.id,
            chat_id=hit.chat_id,
            branch_id=hit.branch_id,
            message_id=hit.message_id,
            excerpt=hit.excerpt,
            ranges=list(hit.ranges),
        )
