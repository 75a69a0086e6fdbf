"""Where a tale's prompt has what steps of a pipeline give it. Pure."""

from dataclasses import replace

from fabula.features.generation.sources import Additions
from fabula.features.generation.tale.material import Material
from fabula.features.prompting import Insert, Position

# After all lore of its place and before the author's note; kept longer than any lore.
_ORDER, _PRIORITY = 10**6 - 1, 10**13


def inserts_of(additions: Additions) -> list[Insert]:
    """A piece stands where its step says; what was retrieved stands after the card, in the room that all lore leaves."""
    pieces = [
        Insert(f"step:{step}", p.role, p.text, Position(p.position), p.depth, _ORDER, _PRIORITY)
        for step, p in additions.pieces
    ]
    passages = [
        Insert(f"step:{step}", "system", text, Position.AFTER_CHAR, order=_ORDER + 3, priority=-_PRIORITY)
        for step, text in additions.passages
    ]
    return [*pieces, *passages]


def with_variables(material: Material, additions: Additions) -> Material:
    """With the variables that steps set; they hold for this turn."""
    if not additions.variables:
        return material
    memory = material.told.memory
    laid = replace(memory.variables, chat={**memory.variables.chat, **additions.variables})
    return replace(material, told=replace(material.told, memory=replace(memory, variables=laid)))
