"""The character-card codec: every card and lorebook format in, and out again without loss.

Pure functions of bytes, bounded before they allocate; every refusal is a `CardError`.
"""

from fabula.features.profiles.cards.assets import media_type
from fabula.features.profiles.cards.book import BookFile, read_book
from fabula.features.profiles.cards.content import content_hash, greetings
from fabula.features.profiles.cards.envelopes import ExportSpec
from fabula.features.profiles.cards.errors import CardError
from fabula.features.profiles.cards.export import CardParts, ExportFormat, export_card
from fabula.features.profiles.cards.jsontext import dump_json
from fabula.features.profiles.cards.normal import normalise_data
from fabula.features.profiles.cards.png import placeholder
from fabula.features.profiles.cards.read import read_card
from fabula.features.profiles.cards.types import (
    DEFAULT_LIMITS,
    AssetPlace,
    Avatar,
    CardAsset,
    CardFile,
    CardLimits,
    CardWarning,
    Container,
    JsonObject,
    Report,
    SourceSpec,
)
from fabula.plugins import Json

__all__ = [
    "DEFAULT_LIMITS",
    "AssetPlace",
    "Avatar",
    "BookFile",
    "CardAsset",
    "CardError",
    "CardFile",
    "CardLimits",
    "CardParts",
    "CardWarning",
    "Container",
    "ExportFormat",
    "ExportSpec",
    "Json",
    "JsonObject",
    "Report",
    "SourceSpec",
    "content_hash",
    "dump_json",
    "export_card",
    "greetings",
    "media_type",
    "normalise_data",
    "placeholder",
    "read_book",
    "read_card",
]
