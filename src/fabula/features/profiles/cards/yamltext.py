"""YAML as far as cards use it, built straight from parser events.

No anchors, so no alias bombs; no tags, so no constructors; plain scalars as in the YAML 1.2 JSON schema,
so a character called `No` stays a string and `1:30` stays no number.
"""

import math
import re
from dataclasses import dataclass, field

import yaml

from fabula.features.profiles.cards.errors import CardDamaged, CardTooLarge, NotACard
from fabula.features.profiles.cards.jsontext import decode_text
from fabula.features.profiles.cards.types import CardLimits, Report
from fabula.plugins import Json

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, Json] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?")


def parse_yaml(data: bytes, limits: CardLimits, report: Report) -> Json:
    """Parse the first document; raise `CardDamaged`, `CardTooLarge` or, for anchors, `NotACard`."""
    if len(data) > limits.yaml:
        raise CardTooLarge("the YAML text", limits.yaml)
    text = decode_text(data, "the YAML text", report)
    builder = _Builder(limits, report)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            builder.take(event)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"not YAML at line {mark.line + 1}" if mark else "not YAML"
        raise CardDamaged("the YAML text", where) from error
    return builder.root[0] if builder.root else None


@dataclass(slots=True)
class _Builder:
    """Puts events together; `open` holds the unfinished containers, `keys` the mapping keys waiting for values."""

    limits: CardLimits
    report: Report
    root: list[Json] = field(default_factory=list)
    open: list[list[Json] | dict[str, Json]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise NotACard("it is YAML with aliases (*name), which cards have no use for; write the values out")
        if isinstance(event, yaml.ScalarEvent):
            self._put(_plain(event.value) if event.implicit[0] else event.value, event.value)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._enter([])
        elif isinstance(event, yaml.MappingStartEvent):
            self._enter({})
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self.open.pop()
            self.keys.pop()

    def _enter(self, container: list[Json] | dict[str, Json]) -> None:
        if len(self.open) >= self.limits.depth:
            raise CardTooLarge("the nesting of the YAML text", self.limits.depth)
        self._put(container, None)
        self.open.append(container)
        self.keys.append(None)

    def _put(self, value: Json, as_key: str | None) -> None:
        if not self.open:
            self.root.append(value)
            return
        target = self.open[-1]
        if isinstance(target, list):
            target.append(value)
        elif (key := self.keys[-1]) is not None:
            if key in target:
                self.report.repaired("the YAML text", "a name stands twice in one mapping; its last value is read")
            target[key] = value
            self.keys[-1] = None
        elif as_key is not None:
            self.keys[-1] = as_key
        else:
            raise CardDamaged("the YAML text", "a mapping key that is not text")


def _plain(text: str) -> Json:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
