"""Entity profiles: characters, worlds, places; cards in and out without loss."""

from fabula.features.profiles.cards import greetings, read_book
from fabula.features.profiles.importing import CARDS_AT_ONCE, ParsedFile, import_cards, parse_file, parse_files
from fabula.features.profiles.read import (
    find_named,
    get_any_profile,
    get_picture,
    get_profile,
    is_untouched,
    list_names,
    list_profiles,
)
from fabula.features.profiles.search import list_next_documents, list_texts
from fabula.features.profiles.store.rows import settings_of
from fabula.features.profiles.thumbnails import THUMBNAIL
from fabula.features.profiles.types import ImportItem, ImportStatus, Picture, Profile, ProfileName, Sort, Wanted

__all__ = [
    "CARDS_AT_ONCE",
    "THUMBNAIL",
    "ImportItem",
    "ImportStatus",
    "ParsedFile",
    "Picture",
    "Profile",
    "ProfileName",
    "Sort",
    "Wanted",
    "find_named",
    "get_any_profile",
    "get_picture",
    "get_profile",
    "greetings",
    "import_cards",
    "is_untouched",
    "list_names",
    "list_next_documents",
    "list_profiles",
    "list_texts",
    "parse_file",
    "parse_files",
    "read_book",
    "settings_of",
]
