"""The 20 decorators of Character Card V3: `@@name value` lines above an entry's content, `@@@` lines their fallbacks.

A line is used when its name is known, its value valid and the circumstance it asks about known here; otherwise the
fallback right below is tried, to any depth. Of one name the first usable line wins, but `additional_keys` adds up.
All leading decorator lines are cut from the content, used or not. The three `instruct_` forms speak of a prompt
without chat messages; here there always are some, so as the specification says they give way to their fallbacks.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

_LINE = re.compile(r"(@@@?)([A-Za-z_][A-Za-z0-9_]*)(?:\W(.*))?")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.0+)?")


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def _is_divisor(value: str) -> bool:
    return _is_number(value) and int(float(value)) > 0


def _is_flag(value: str) -> bool:
    return value.lower() in {"", "true"}


def _is_text(value: str) -> bool:
    return any(part.strip() for part in value.split(","))


def _one_of(*allowed: str) -> Callable[[str], bool]:
    return frozenset(allowed).__contains__


def _never(value: str) -> bool:
    return False


VALID: Mapping[str, Callable[[str], bool]] = {
    "activate_only_after": _is_number,
    "activate_only_every": _is_divisor,
    "keep_activate_after_match": _is_flag,
    "dont_activate_after_match": _is_flag,
    "depth": _is_number,
    "instruct_depth": _never,
    "reverse_depth": _is_number,
    "reverse_instruct_depth": _never,
    "role": _one_of("assistant", "system", "user"),
    "scan_depth": _is_number,
    "instruct_scan_depth": _never,
    "is_greeting": _is_number,
    "position": _one_of("after_desc", "before_desc", "personality", "scenario"),
    "ignore_on_max_context": _is_flag,
    "additional_keys": _is_text,
    "exclude_keys": _is_text,
    "is_user_icon": _is_text,
    "activate": _is_flag,
    "dont_activate": _is_flag,
    "disable_ui_prompt": _one_of("post_history_instructions", "system_prompt"),
}


@dataclass(frozen=True, slots=True)
class Decorators:
    """The lines in use, by name; `additional` holds one tuple of keys per `@@additional_keys` line."""

    values: Mapping[str, str] = field(default_factory=dict)
    additional: tuple[tuple[str, ...], ...] = ()

    def has(self, name: str) -> bool:
        return name in self.values

    def number(self, name: str, default: int) -> int:
        value = self.values.get(name)
        return default if value is None else int(float(value))

    def strings(self, name: str) -> tuple[str, ...]:
        return _split(self.values.get(name, ""))


NONE = Decorators()


def parse_content(content: str, unknown: frozenset[str] = frozenset()) -> tuple[Decorators, str]:
    """Split `content` into decorators and the text below them.

    `unknown` names decorators whose circumstance is not known in this scan; they give way to their fallbacks.
    """
    if not content.lstrip().startswith("@@"):
        return NONE, content
    return _parse(content, unknown)


@lru_cache(maxsize=1024)
def _parse(content: str, unknown: frozenset[str]) -> tuple[Decorators, str]:
    lines = content.replace("\r\n", "\n").split("\n")
    values: dict[str, str] = {}
    additional: list[tuple[str, ...]] = []
    settled = True  # a fallback at the very top belongs to nothing
    cut = 0
    for line in lines:
        found = _LINE.fullmatch(line.strip())
        if found is None and line.strip():
            break
        cut += 1
        if found is None:
            continue
        mark, name, value = found[1], found[2].lower(), (found[3] or "").strip()
        if mark == "@@":
            settled = False
        if not settled:
            settled = _take(values, additional, name, value, unknown)
    return Decorators(values, tuple(additional)), "\n".join(lines[cut:])


def _take(
    values: dict[str, str], additional: list[tuple[str, ...]], name: str, value: str, unknown: frozenset[str]
) -> bool:
    """Use one line if it can be used; answers whether its fallbacks are done with."""
    if name in values:
        return True
    if name in unknown or name not in VALID or not VALID[name](value):
        return False
    if name == "additional_keys":
        additional.append(_split(value))
    else:
        values[name] = value
    return True


def _split(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
