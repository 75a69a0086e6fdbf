"""What a tale remembers along a branch: variables that were set, lore that stays awake. Pure.

Both are kept as changes in the meta of the variant that caused them: `lore`, a list of timed changes, and `vars`,
new values by scope. Global variables stay within their branch too: no tale can change another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from fabula.features.lore import TimedChange, TimedState, fold
from fabula.features.prompting import VariableChange, Variables, VariableScope
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class Memory:
    """The state a turn begins with."""

    variables: Variables
    timed: TimedState


def recall(metas: Iterable[Mapping[str, Json]], start: Mapping[str, str]) -> Memory:
    """Fold the metas met along a branch, oldest first, over the variables it starts with."""
    chat, shared = dict(start), dict[str, str]()
    timed: list[TimedChange] = []
    for meta in metas:
        given = meta.get("vars")
        if isinstance(given, dict):
            chat |= _texts(given.get(VariableScope.CHAT.value))
            shared |= _texts(given.get(VariableScope.GLOBAL.value))
        changes = meta.get("lore")
        timed += [c for item in changes if (c := _change(item))] if isinstance(changes, list) else []
    return Memory(Variables(chat, shared), fold(timed))


def to_meta(timed: Sequence[TimedChange], changes: Iterable[VariableChange]) -> dict[str, Json] | None:
    """What to keep on a variant; None when it changed nothing."""
    scopes: dict[str, dict[str, Json]] = {}
    for change in changes:
        scopes.setdefault(change.scope.value, {})[change.name] = change.value
    meta: dict[str, Json] = {}
    if timed:
        meta["lore"] = [asdict(change) for change in timed]
    if scopes:
        meta["vars"] = dict(scopes)
    return meta or None


def _texts(given: Json) -> dict[str, str]:
    return {name: value for name, value in given.items() if isinstance(value, str)} if isinstance(given, dict) else {}


def _change(item: Json) -> TimedChange | None:
    """A stored change; None for what an import or an older version wrote in another form."""
    if not isinstance(item, dict) or not isinstance(item.get("entry"), str):
        return None
    start, sticky, cooldown = (_count(item.get(name)) for name in ("start", "sticky_end", "cooldown_end"))
    return TimedChange(str(item["entry"]), start, sticky, cooldown, item.get("matched") is True)


def _count(given: Json) -> int:
    return int(given) if isinstance(given, int | float) else 0
