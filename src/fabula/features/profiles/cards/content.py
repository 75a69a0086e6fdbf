"""What a card says, apart from how its file says it: greetings, and a hash that knows a card again."""

import hashlib

from fabula.features.profiles.cards import png
from fabula.features.profiles.cards.jsontext import canonical
from fabula.features.profiles.cards.types import CardFile, CardLimits, JsonObject
from fabula.plugins import Json

# The avatar was read under limits already; here nothing is allocated per chunk.
_UNLIMITED = CardLimits(chunks=2**31)
# What SillyTavern writes into a card while it is used: the chat that is open, and marks of its own lists.
_USE = frozenset({"chat", "create_date", "avatar", "fav", "talkativeness"})
_USE_EXTENSIONS = frozenset({"fav", "talkativeness"})


def greetings(spec: JsonObject) -> tuple[tuple[int, str], ...]:
    """The variants of message 0: `first_mes` as number 0, `alternate_greetings` from 1, without empty ones."""
    alternates = spec.get("alternate_greetings")
    given = [spec.get("first_mes"), *(alternates if isinstance(alternates, list) else [])]
    return tuple((n, text) for n, text in enumerate(given) if isinstance(text, str) and text.strip())


def content_hash(card: CardFile) -> str:
    """SHA-256 (hex) over the canonical raw JSON and the picture: equal for files with the same card.

    The JSON counts as a value, not as text, so key order, spacing and the chunk it stood in do not matter.
    Of a PNG all but its text chunks counts, so a re-export with the same picture is still the same card.
    Assets other than the avatar do not count, nor what SillyTavern changes in a card while it is used.
    """
    digest = hashlib.sha256(canonical(_without_use(card.raw)))
    digest.update(b"\0")
    if card.avatar is None:
        return digest.hexdigest()
    if not card.avatar.data.startswith(png.SIGNATURE):
        digest.update(card.avatar.data)
        return digest.hexdigest()
    for chunk in png.walk(card.avatar.data, _UNLIMITED):
        if chunk.kind not in png.TEXT_CHUNKS:
            digest.update(chunk.whole)
    return digest.hexdigest()


def _without_use(raw: Json) -> Json:
    if not isinstance(raw, dict):
        return raw
    lasting = {name: value for name, value in raw.items() if name not in _USE}
    data = lasting.get("data")
    extensions = data.get("extensions") if isinstance(data, dict) else None
    if isinstance(data, dict) and isinstance(extensions, dict):
        kept = {name: value for name, value in extensions.items() if name not in _USE_EXTENSIONS}
        lasting["data"] = {**data, "extensions": kept}
    return lasting
