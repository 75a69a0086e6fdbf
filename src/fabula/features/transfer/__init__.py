"""Whole folders and chat files of other systems, in and out: SillyTavern first."""

from fabula.features.transfer.begin import IMPORT_FOLDER, import_archive, import_local
from fabula.features.transfer.export import FORMATS
from fabula.features.transfer.shelves import Shelves
from fabula.features.transfer.types import Item, ItemKind, ItemStatus, Note
from fabula.features.transfer.upload import GivenFile, import_files

__all__ = [
    "FORMATS",
    "IMPORT_FOLDER",
    "GivenFile",
    "Item",
    "ItemKind",
    "ItemStatus",
    "Note",
    "Shelves",
    "import_archive",
    "import_files",
    "import_local",
]
