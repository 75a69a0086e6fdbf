"""post/regex: people's regular expressions over the answer, as SillyTavern's regex scripts.

A rule is a pattern, or `/pattern/flags`; the flags g, i, m, s and u are JavaScript's, and without g only the first
match is replaced. In a replacement `$1`, `$<name>`, `$&` or `{{match}}` stand for what was found, `$$` for a dollar.
Source: SillyTavern's documentation of regex scripts, and String.prototype.replace of ECMAScript.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import regex  # type: ignore[import-untyped]  # it ships no types

from fabula.core.patterns import PATTERN_ERRORS, Match, Pattern, compile_pattern
from fabula.features.generation.pipelines.errors import PatternTimeout, StepMisused, TextTooLong
from fabula.plugins import Json, ParamProblem, StepContext, StepResult, StepType

MAX_PATTERN = 2_000
MAX_REPLACEMENT = 10_000
MAX_RULES = 50
MAX_CHARS = 1_000_000
# All rules of a step together: a pattern that needs longer on an answer is a mistake, or malice. `regex` counts the
# processor's time, so on a busy machine it takes somewhat longer by the clock.
TOTAL_SECONDS = 0.5
_FLAGS = {"g": 0, "i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "u": 0}
_SLASHED = regex.compile(r"/((?:[^/\\]|\\.)+)/([a-z]*)", regex.DOTALL)
_REFERENCE = regex.compile(r"\$(?:(\$)|(&)|(\d{1,2})|<(\w+)>)|\{\{match\}\}")


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: str
    replacement: str
    flags: str


class Replace:
    """Runs in a thread; all rules together end within `TOTAL_SECONDS`, or the step fails and the text stays."""

    name: Final = "regex"
    type: Final = StepType.POST
    title: Final = "Replace by patterns"
    seconds: Final = 10.0
    params: Final[Mapping[str, Json]] = {
        "type": "object",
        "required": ["rules"],
        "properties": {
            "rules": {
                "type": "array",
                "title": "Rules",
                "minItems": 1,
                "maxItems": MAX_RULES,
                "items": {
                    "type": "object",
                    "required": ["pattern"],
                    "properties": {
                        "pattern": {
                            "type": "string",
                            "format": "regex",
                            "title": "Pattern",
                            "minLength": 1,
                            "maxLength": MAX_PATTERN,
                        },
                        "replacement": {
                            "type": "string",
                            "default": "",
                            "title": "Replacement",
                            "maxLength": MAX_REPLACEMENT,
                        },
                        "flags": {"type": "string", "default": "g", "title": "Flags", "maxLength": 5},
                    },
                },
            }
        },
    }

    def check(self, params: Mapping[str, Json]) -> Sequence[ParamProblem]:
        found: list[ParamProblem] = []
        for index, rule in enumerate(_rules(params)):
            if unknown := sorted(set(rule.flags) - _FLAGS.keys()):
                found.append(ParamProblem(f"rules[{index}].flags", f"has no flag {unknown[0]!r}; known are g i m s u"))
            try:
                _compile(rule)
            except regex.error as error:
                line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
                found.append(ParamProblem(f"rules[{index}].pattern", str(error.msg), line, column))
            except PATTERN_ERRORS as error:
                found.append(ParamProblem(f"rules[{index}].pattern", f"cannot be used: {error}", 1, 1))
        return found

    async def run(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        text, counts = await asyncio.to_thread(replace_all, context.answer, _rules(params), TOTAL_SECONDS)
        return StepResult(text, {"replaced": list(counts)})


def replace_all(text: str, rules: Sequence[_Rule], seconds: float) -> tuple[str, list[int]]:
    """The text after all rules, and how often each replaced something; raises `PatternTimeout` or `TextTooLong`."""
    deadline = time.monotonic() + seconds
    counts: list[int] = []
    for index, rule in enumerate(rules):
        pattern = _compile_stored(rule, index)
        once = _Replacing(rule.replacement, index, pattern, deadline, seconds)
        try:
            left = max(0.001, deadline - time.monotonic())
            text = pattern.sub(once, text, 0 if "g" in rule.flags else 1, concurrent=True, timeout=left)
        except TimeoutError:
            raise PatternTimeout(index + 1, seconds) from None
        if len(text) > MAX_CHARS:
            raise TextTooLong(MAX_CHARS)
        counts.append(once.count)
    return text, counts


class _Replacing:
    """Writes a rule's replacement for each match, while there is time and room."""

    def __init__(self, replacement: str, index: int, pattern: Pattern, deadline: float, seconds: float) -> None:
        self._parts = list(_read_replacement(replacement, pattern))
        self._index = index
        self._deadline, self._seconds = deadline, seconds
        self._made = 0
        self.count = 0

    def __call__(self, match: Match) -> str:
        self.count += 1
        if time.monotonic() > self._deadline:
            raise PatternTimeout(self._index + 1, self._seconds)
        text = "".join(literal if group is None else match.group(group) or "" for literal, group in self._parts)
        self._made += len(text)
        if self._made > MAX_CHARS:
            raise TextTooLong(MAX_CHARS)
        return text


def _read_replacement(text: str, pattern: Pattern) -> Iterator[tuple[str, int | str | None]]:
    """A replacement as literals and groups; a reference to a group that the pattern lacks is a literal."""
    at = 0
    for reference in _REFERENCE.finditer(text):
        yield text[at : reference.start()], None
        dollar, number, name = reference.group(1, 3, 4)
        if dollar:
            yield "$", None
        elif (number and int(number) > pattern.groups) or (name and name not in pattern.groupindex):
            yield reference.group(), None
        else:
            yield "", int(number) if number else name or 0
        at = reference.end()
    yield text[at:], None


def _compile(rule: _Rule) -> Pattern:
    flags = sum({_FLAGS[letter] for letter in rule.flags if letter in _FLAGS})
    return compile_pattern(rule.pattern, flags)


def _compile_stored(rule: _Rule, index: int) -> Pattern:
    try:
        return _compile(rule)
    except PATTERN_ERRORS as error:
        raise StepMisused(f"rule {index + 1} is no pattern: {error}") from None


def _rules(params: Mapping[str, Json]) -> list[_Rule]:
    given = params.get("rules")
    return [_rule(item) for item in (given if isinstance(given, list) else []) if isinstance(item, dict)]


def _rule(given: Mapping[str, Json]) -> _Rule:
    pattern, flags = str(given.get("pattern") or ""), str(given.get("flags", "g"))
    slashed = _SLASHED.fullmatch(pattern) if pattern.startswith("/") else None
    if slashed is not None:
        pattern, flags = slashed[1].replace("\\/", "/"), slashed[2]
    return _Rule(pattern, str(given.get("replacement") or ""), flags)
