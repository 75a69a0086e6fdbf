"""Text out of JSON values, in a form that both databases can hold."""

import re

from fabula.plugins import Json

TITLE_CHARS = 500
# U+0000 is refused by PostgreSQL, a lone surrogate by UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` with U+FFFD in place of what cannot be stored; the same object where nothing has to be replaced."""
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def clean_json(value: Json) -> Json:
    """`value` with `clean` over every text in it, the names of fields included."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_json(item) for item in value]
    if isinstance(value, dict):
        return {clean(name): clean_json(item) for name, item in value.items()}
    return value


def text_of(value: Json) -> str:
    """A message's text: as it is, or out of the `{message}` that Chub wraps around it; what is no text is empty."""
    if isinstance(value, dict):
        value = value.get("message")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return clean(str(value))


def title_of(text: str) -> str:
    """A name on one line that fits its column."""
    return " ".join(clean(text).split())[:TITLE_CHARS]


def name_of(value: Json) -> str:
    """A speaker's name; empty where there is none."""
    return title_of(value) if isinstance(value, str) else ""
