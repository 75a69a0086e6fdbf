"""Blocks of a message, as a caller gives them."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from fabula.http.schemas import In, Plain, Text
from fabula.plugins import Json


class BlockIn(In):
    """A part of a message as it is shown, or kept from view. What else belongs to its type is kept as it is."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Text, Plain] = Field(init=False)

    type: Literal["text", "reasoning", "image", "tool_call", "tool_result", "notice"]
    visibility: Literal["both", "ui_only", "prompt_only"] = "both"


Blocks = Annotated[list[BlockIn], Field(max_length=100)]


def stored_blocks(blocks: Blocks | None) -> list[dict[str, Json]] | None:
    """Blocks as JSON."""
    return None if blocks is None else [block.model_dump() for block in blocks]
