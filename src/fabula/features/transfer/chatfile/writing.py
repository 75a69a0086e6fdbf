"""Messages to lines: an imported one that nobody changed is the value it was; changes are laid over it."""

from collections.abc import Mapping, Sequence

from fabula.features.conversations import Message, MessageRole, whole
from fabula.features.transfer.chatfile.dates import write_date
from fabula.features.transfer.chatfile.reading import KEPT
from fabula.features.transfer.chatfile.swipes import OF_SWIPE, info_of, with_texts
from fabula.features.transfer.chatfile.text import text_of
from fabula.features.transfer.types import JsonObject
from fabula.plugins import Json


def write_message(
    message: Message, variants: Sequence[whole.Variant], meta: Mapping[str, Json] | None, own: JsonObject | None = None
) -> JsonObject:
    """The line of a message with all its variants, as its branch shows it.

    `own` is the line as the branch's own file had it, where that differs from what the message keeps.
    """
    shown = next(at for at, variant in enumerate(variants) if variant.id == message.selected_variant_id)
    kept = (meta or {}).get(KEPT)
    if not isinstance(kept, dict) or not isinstance(line := kept.get("line"), dict):
        return _lay_over(_made_here(message), None, message, variants, shown)
    is_whole = len(variants) == kept["count"] and all(v.kind is whole.VariantKind.IMPORT for v in variants)
    if own is None and is_whole and kept["plain"] is True:
        line = with_texts(line, [variant.prompt_text for variant in variants], int(str(kept["shown"])))
    line = own or line
    if is_whole and shown == kept["shown"] and _hides(line) is message.hidden:
        return line
    return _lay_over(line, int(str(kept["shown"])), message, variants, shown)


def _lay_over(
    line: JsonObject, before: int | None, message: Message, variants: Sequence[whole.Variant], shown: int
) -> JsonObject:
    """`line` as the message is now; `before` is the swipe it showed when it came."""
    numbers = [_number(variant) for variant in variants]
    infos = [_info(line, before, variant, at) for variant, at in zip(variants, numbers, strict=True)]
    out = line
    if before is None or numbers[shown] != before:
        # What the line said of the swipe it showed goes to that one's `swipe_info`.
        out = {key: value for key, value in line.items() if key not in OF_SWIPE} | infos[shown]
    out = {**out, "mes": variants[shown].prompt_text}
    if _hides(line) is not message.hidden:
        out["is_system"] = message.hidden
    if len(variants) > 1 or "swipes" in line:
        out["swipes"] = [_swipe(line, variant, at) for variant, at in zip(variants, numbers, strict=True)]
        out["swipe_id"] = shown
        out["swipe_info"] = list[Json](infos)
    return out


def _made_here(message: Message) -> JsonObject:
    made: JsonObject = {
        "name": message.author.name,
        "is_user": message.role is MessageRole.USER,
        "is_system": message.hidden,
    }
    if message.role is MessageRole.SYSTEM:
        made["extra"] = {"type": "narrator"}
    return made


def _number(variant: whole.Variant) -> int | None:
    """Which swipe of its line a variant was; None for one that was made here. Of one alone nothing is noted."""
    if variant.kind is not whole.VariantKind.IMPORT:
        return None
    found = (variant.meta or {}).get(KEPT, 0)
    return found if isinstance(found, int) else None


def _info(line: JsonObject, before: int | None, variant: whole.Variant, number: int | None) -> JsonObject:
    found = None if number is None or before is None else info_of(line, number, before)
    if found is not None:
        return found
    extra: JsonObject = {"reasoning": variant.reasoning} if variant.reasoning else {}
    own = line.get("extra")
    if before is None and isinstance(own, dict):
        extra = {**own, **extra}
    return {"send_date": write_date(variant.created_at), "extra": extra}


def _swipe(line: JsonObject, variant: whole.Variant, number: int | None) -> Json:
    """A variant's text; as the file wrapped it, if it did."""
    given = line.get("swipes")
    raw = given[number] if isinstance(given, list) and number is not None and number < len(given) else None
    return raw if raw is not None and text_of(raw) == variant.prompt_text else variant.prompt_text


def _hides(line: JsonObject) -> bool:
    return line.get("is_system") is True
