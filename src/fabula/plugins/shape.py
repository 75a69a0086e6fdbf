"""What keeps a stranger's plugin from being used, found when it is loaded and not in the middle of a turn. Pure."""

import inspect
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fabula.plugins.contracts import StepKind, StepType

# What a step must have, see `StepKind`.
_PARTS = ("name", "type", "title", "seconds", "params", "check", "run")
_TYPES = ("object", "array", "string", "boolean", "null", "number", "integer")
MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Plugin:
    """What a distribution gives: the object that its entry point names."""

    steps: Sequence[StepKind] = ()


def plugin_faults(plugin: object) -> Iterator[str]:
    """Everything in which `plugin` is not what the contracts ask for."""
    if not isinstance(plugin, Plugin):
        yield f"its entry point names {plugin!r}, not a fabula.plugins.Plugin"
    elif not isinstance(plugin.steps, list | tuple):
        yield "its steps must be a list or a tuple"
    else:
        for step in plugin.steps:
            yield from _step_faults(step)


def _step_faults(step: object) -> Iterator[str]:
    if isinstance(step, type):
        yield f"its step {step.__name__} is a class: give an instance"
        return
    missing = [part for part in _PARTS if not hasattr(step, part)]
    if missing:
        yield f"its step {step!r} has no {', '.join(missing)}"
        return
    named = f"its step {getattr(step, 'name', None)!r}:"
    yield from (f"{named} {what}" for holds, what in _demands(step) if not holds)
    yield from (f"{named} {what}" for what in _schema_faults(getattr(step, "params", None), "params"))


def _demands(step: object) -> Iterator[tuple[bool, str]]:
    name, title, seconds, params = (getattr(step, part) for part in ("name", "title", "seconds", "params"))
    is_name = isinstance(name, str) and name.isprintable() and name == name.strip() and 1 <= len(name) <= MAX_NAME
    yield is_name, f"name must be printable, of 1 to {MAX_NAME} characters, without white space around it"
    yield isinstance(getattr(step, "type", None), StepType), "type must be a StepType"
    yield isinstance(title, str) and bool(title.strip()), "title must be a text"
    is_time = isinstance(seconds, int | float) and math.isfinite(seconds) and seconds > 0
    yield is_time, "seconds must be a number above 0"
    yield isinstance(params, Mapping) and params.get("type") == "object", "params must be a JSON Schema of an object"
    yield _is_json(params), "params must be JSON"
    yield callable(getattr(step, "check", None)), "check must be a function"
    yield inspect.iscoroutinefunction(getattr(step, "run", None)), "run must be an async function"


def _schema_faults(schema: object, path: str) -> Iterator[str]:
    """Types that the check of a definition does not know, at any depth."""
    if not isinstance(schema, Mapping):
        return
    given = schema.get("type")
    for name in given if isinstance(given, list) else [given]:
        if name is not None and name not in _TYPES:
            yield f"{path}.type is {name!r}, not one of {', '.join(_TYPES)}"
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        yield from _schema_faults(inner, f"{path}.properties.{name}")
    yield from _schema_faults(schema.get("items"), f"{path}.items")


def _is_json(value: object) -> bool:
    try:
        json.dumps(dict(value) if isinstance(value, Mapping) else value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
