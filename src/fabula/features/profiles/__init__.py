"""Entity profiles: characters, worlds, places; cards in and out without loss."""

from fabula.features.profiles.cards import greetings
from fabula.features.profiles.importing import ParsedFile, import_cards, parse_file
from fabula.features.profiles.read import get_any_profile, get_picture, get_profile, list_profiles
from fabula.features.profiles.types import ImportItem, ImportStatus, Picture, Profile

__all__ = [
    "ImportItem",
    "ImportStatus",
    "ParsedFile",
    "Picture",
    "Profile",
    "get_any_profile",
    "get_picture",
    "get_profile",
    "greetings",
    "import_cards",
    "list_profiles",
    "parse_file",
]
