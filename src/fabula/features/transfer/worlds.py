"""Which lorebooks take part, by SillyTavern's settings; books and cards go by their file's name without ending."""

from collections.abc import Iterator, Sequence

from fabula.features.transfer.types import JsonObject
from fabula.plugins import Json


def global_books(settings: JsonObject) -> Sequence[str]:
    """Those that always take part."""
    return _texts(_world_info(settings).get("globalSelect"))


def additional_books(settings: JsonObject) -> Iterator[tuple[str, Sequence[str]]]:
    """Cards, each with the books that take part in its chats beside its own."""
    listed = _world_info(settings).get("charLore")
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and isinstance(card := one.get("name"), str):
            yield card, _texts(one.get("extraBooks"))


def _world_info(settings: JsonObject) -> JsonObject:
    found: Json = settings
    for key in ("world_info_settings", "world_info"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _texts(value: Json) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
