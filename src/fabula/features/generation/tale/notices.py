"""What people are told under a text whose macros were expanded when it was stored. Pure."""

from fabula.features import prompting
from fabula.plugins import Json


def notices_of(found: prompting.macros.Expanded) -> list[dict[str, Json]]:
    """Blocks: the macros that stayed as text, by name; the comments, which no model sees."""
    notices: list[dict[str, Json]] = []
    if found.unknown:
        text = f"unknown macros stayed as text: {', '.join(found.unknown)}"
        notices.append(_notice("unknown", text) | {"names": list[Json](found.unknown)})
    if found.comments:
        notices.append(_notice("comment", "\n".join(found.comments)))
    return notices


def _notice(what: str, text: str) -> dict[str, Json]:
    return {"type": "notice", "visibility": "ui_only", "code": f"macros.{what}", "text": text}
