"""Lore (world info): entries that join the prompt when their keys occur.

`binding` is a module, used by its name: `lore.binding.bind(…)`.
"""

from fabula.features.lore import binding
from fabula.features.lore.activate import activate
from fabula.features.lore.files import readable
from fabula.features.lore.importing import parse_file
from fabula.features.lore.library import WholeBook, load_books, pick_books
from fabula.features.lore.renew import import_or_renew
from fabula.features.lore.shelf import Shelf
from fabula.features.lore.store.bindings import BOUND
from fabula.features.lore.timed import TimedChange, TimedState, fold, timed_from_st
from fabula.features.lore.trace import Fired, LoreResult, Skipped, SkippedBy
from fabula.features.lore.try_out import TriedOut
from fabula.features.lore.types import Expansion, Lorebook, LorebookId, Position, ScanInput, ScanMessage

__all__ = [
    "BOUND",
    "Expansion",
    "Fired",
    "LoreResult",
    "Lorebook",
    "LorebookId",
    "Position",
    "ScanInput",
    "ScanMessage",
    "Shelf",
    "Skipped",
    "SkippedBy",
    "TimedChange",
    "TimedState",
    "TriedOut",
    "WholeBook",
    "activate",
    "binding",
    "fold",
    "import_or_renew",
    "load_books",
    "parse_file",
    "pick_books",
    "readable",
    "timed_from_st",
]
