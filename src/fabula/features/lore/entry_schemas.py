"""Lore entries over HTTP."""

from typing import Annotated, Any, Literal

from pydantic import Field

from fabula.features.lore.books import read_entry
from fabula.features.lore.types import EntryId, Logic, LoreRole, Position, StoredEntry
from fabula.http.schemas import In, Out, Plain, Text

Count = Annotated[int, Field(ge=0, le=1_000_000)]
Percent = Annotated[float, Field(ge=0, le=100)]
Order = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
Keys = Annotated[list[Text], Field(max_length=1_000)]
Content = Annotated[Text, Field(max_length=1_000_000)]
_Logic = Literal["and_any", "not_all", "not_any", "and_all"]
_Position = Literal[
    "before_char",
    "after_char",
    "note_top",
    "note_bottom",
    "at_depth",
    "examples_top",
    "examples_bottom",
    "outlet",
]
_Role = Literal["system", "user", "assistant"]


class EntryOut(Out):
    """An entry as the engine reads it; `extensions` is what its file keeps there."""

    id: str
    keys: list[str]
    secondary_keys: list[str]
    selective: bool
    logic: str
    content: str
    name: str
    comment: str
    enabled: bool
    constant: bool
    insertion_order: float
    priority: float | None
    position: str
    depth: int
    role: str
    outlet: str
    use_probability: bool
    probability: float
    group: str
    group_weight: int
    group_override: bool
    use_group_scoring: bool
    scan_depth: int | None
    case_sensitive: bool
    match_whole_words: bool
    use_regex: bool
    exclude_recursion: bool
    prevent_recursion: bool
    delay_until_recursion: int
    sticky: int
    cooldown: int
    delay: int
    ignore_budget: bool
    triggers: list[str]
    scan_sources: list[str]
    extensions: dict[str, Any]

    @classmethod
    def of(cls, stored: StoredEntry) -> "EntryOut":
        entry = read_entry(stored.raw, stored.id)
        values = {name: _shown(getattr(entry, name)) for name in cls.model_fields if name != "extensions"}
        return cls.model_validate({**values, "extensions": dict(entry.extensions)})


def _shown(value: object) -> object:
    if isinstance(value, Logic):
        return value.name.lower()
    if isinstance(value, Position | LoreRole):
        return value.value
    return list(value) if isinstance(value, tuple) else value


class EntryIn(In):
    """Fields left out stay, or take their usual value in a new entry. In `extensions`, null removes one."""

    keys: Keys | None = None
    secondary_keys: Keys | None = None
    selective: bool | None = None
    logic: _Logic | None = None
    content: Content | None = None
    name: Text | None = None
    comment: Text | None = None
    enabled: bool | None = None
    constant: bool | None = None
    insertion_order: Order | None = None
    priority: Order | None = None
    position: _Position | None = None
    depth: Count | None = None
    role: _Role | None = None
    outlet: Text | None = None
    use_probability: bool | None = None
    probability: Percent | None = None
    group: Text | None = None
    group_weight: Count | None = None
    group_override: bool | None = None
    use_group_scoring: bool | None = None
    scan_depth: Count | None = None
    case_sensitive: bool | None = None
    match_whole_words: bool | None = None
    use_regex: bool | None = None
    exclude_recursion: bool | None = None
    prevent_recursion: bool | None = None
    delay_until_recursion: Count | None = None
    sticky: Count | None = None
    cooldown: Count | None = None
    delay: Count | None = None
    ignore_budget: bool | None = None
    triggers: Keys | None = None
    scan_sources: Keys | None = None
    extensions: dict[Text, Plain] = Field(default_factory=dict)

    def fields(self) -> dict[str, object]:
        """The given fields as `LoreEntry` has them; null means nothing but in `priority` and `scan_depth`."""
        given = self.model_dump(exclude_unset=True, exclude={"extensions"})
        kept = {k: v for k, v in given.items() if v is not None or k in {"priority", "scan_depth"}}
        return {name: _meant(name, value) for name, value in kept.items()}


def _meant(name: str, value: object) -> object:
    match name, value:
        case "logic", str():
            return Logic[value.upper()]
        case "position", str():
            return Position(value)
        case "role", str():
            return LoreRole(value)
        case _, list():
            return tuple(value)
        case _:
            return value


class ReorderIn(In):
    """Every entry of the book, once."""

    entry_ids: list[EntryId] = Field(max_length=10_000)
