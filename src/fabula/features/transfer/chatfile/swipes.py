"""The swipes of one message line: their texts, which one is shown, and what each came with."""

from collections.abc import Sequence
from dataclasses import dataclass

from fabula.features.transfer.chatfile.text import text_of
from fabula.features.transfer.types import JsonObject
from fabula.plugins import Json

# What a line says of the swipe it shows, and `swipe_info` of each.
OF_SWIPE = ("send_date", "gen_started", "gen_finished", "extra")


@dataclass(frozen=True, slots=True)
class Swipes:
    """At least one text. `is_plain`: the line's texts can be put back together from `texts` and `shown` alone."""

    texts: Sequence[str]
    shown: int
    is_plain: bool


def read_swipes(line: JsonObject) -> Swipes:
    """What is shown is `mes`, wherever it differs from the swipe it should equal; a line may lack either."""
    raw = line.get("swipes")
    given = raw if isinstance(raw, list) else []
    shown = text_of(line.get("mes"))
    if not given:
        return Swipes([shown], 0, "swipes" not in line and line.get("mes") == shown)
    texts = [text_of(swipe) for swipe in given]
    at = _index(line.get("swipe_id"), len(texts))
    if "mes" not in line:
        return Swipes(texts, at or 0, is_plain=False)
    if at is None:
        return _found(texts, shown)
    is_plain = texts == given and line["mes"] == texts[at] and type(line["swipe_id"]) is int
    texts[at] = shown
    return Swipes(texts, at, is_plain)


def is_extended(line: JsonObject, new: JsonObject) -> bool:
    """Whether `new` is the message of `line`, at most with more swipes or another of them shown."""
    had, has = read_swipes(line).texts, read_swipes(new).texts
    same = all(line.get(key) == new.get(key) for key in ("name", "is_user"))
    return same and list(had) == list(has[: len(had)])


def without_texts(line: JsonObject) -> JsonObject:
    """A plain line with its texts left out, which are stored as variants; its keys keep their order."""
    return {**line, "mes": None} | ({"swipes": None} if "swipes" in line else {})


def with_texts(line: JsonObject, texts: Sequence[str], shown: int) -> JsonObject:
    """The line that `without_texts` was made of."""
    return {**line, "mes": texts[shown]} | ({"swipes": list(texts)} if "swipes" in line else {})


def info_of(line: JsonObject, at: int, shown: int) -> JsonObject | None:
    """What came with swipe `at`: of the shown one the line itself says it, and `swipe_info` may be too short."""
    if at == shown:
        return {key: line[key] for key in OF_SWIPE if key in line}
    infos = line.get("swipe_info")
    info = infos[at] if isinstance(infos, list) and at < len(infos) else None
    return info if isinstance(info, dict) else None


def _found(texts: list[str], shown: str) -> Swipes:
    """No usable `swipe_id`: the swipe that equals what is shown, else one more."""
    if shown not in texts:
        texts.append(shown)
    return Swipes(texts, texts.index(shown), is_plain=False)


def _index(value: Json, count: int) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        return None
    return int(value) if 0 <= value < count else None
