"""Lore (world info): entries that join the prompt when their keys occur. Pure: no database, no HTTP."""

from fabula.features.lore.activate import activate
from fabula.features.lore.books import from_book, read_lorebook, to_book, to_st
from fabula.features.lore.timed import TimedChange, TimedState, fold, timed_from_st, timed_to_st
from fabula.features.lore.trace import Fired, FiredBy, LoreResult, Match, Placement, Skipped, SkippedBy, Source
from fabula.features.lore.types import Logic, Lorebook, LoreEntry, LoreRole, Position, ScanInput, ScanMessage

__all__ = [
    "Fired",
    "FiredBy",
    "Logic",
    "LoreEntry",
    "LoreResult",
    "LoreRole",
    "Lorebook",
    "Match",
    "Placement",
    "Position",
    "ScanInput",
    "ScanMessage",
    "Skipped",
    "SkippedBy",
    "Source",
    "TimedChange",
    "TimedState",
    "activate",
    "fold",
    "from_book",
    "read_lorebook",
    "timed_from_st",
    "timed_to_st",
    "to_book",
    "to_st",
]
